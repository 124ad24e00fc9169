"""Taking part without Telegram: joining, answering and steering on a page that she looks at. Nothing here is sent.

What belongs to the database is in `tests/services/test_looking.py`, on both.
"""

import re
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from ema.__main__ import app as command

EVERYTHING = re.compile(r"\b(mood|esteem|study|research|sex|survey)\b", re.IGNORECASE)


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


# --- joining


def test_a_code_and_a_browser_are_enough_and_it_is_said_that_nothing_rings(world, reader):
    rosa = reader()
    rosa.open(world.invite()[0])
    assert "Nothing rings here, and no note comes to your phone." in rosa.text
    assert "What is said about Telegram does not hold for you." in rosa.text
    rosa.join()
    assert rosa.row.standing == "active"
    assert (rosa.row.channel, rosa.row.bot_id) == ("page", 0)
    assert world.sent() == []


def test_in_her_language_from_the_first_page_on(world, reader):
    rosa = reader(language="es")
    rosa.open("")
    assert "Tu enlace o código" in rosa.text
    rosa.open(world.invite()[0])
    assert "Aquí no suena nada" in rosa.text
    assert rosa.row.language == "es"


def test_an_invitation_joins_once_and_whatever_opens_nothing_gets_one_answer(world, reader, rosa):
    code = world.invite()[0]
    reader().open(code)
    refused = [reader().open(given) for given in (code, "ABCDEFGH", "help", "BCDF-GHJK-MNPQ-RSTV", "x" * 400)]
    assert {answer.status_code for answer in refused} == {403}
    assert len({answer.text for answer in refused}) == 1
    assert all("set-cookie" not in answer.headers for answer in refused)
    assert world.count("participant") == 2


def test_guessing_is_slowed_down_kindly(reader):
    rosa = reader()
    answers = [rosa.open(f"GUESS{at:03}") for at in range(11)]
    assert [one.status_code for one in answers] == [403] * 10 + [429]
    assert "Please wait one minute." in rosa.text


def test_no_keeps_nothing_and_frees_the_code(world, reader):
    rosa, code = reader(), world.invite()[0]
    rosa.open(code)
    rosa.tap("English", "No, thank you", "No, thank you")
    assert "Nothing about you was kept." in rosa.text
    assert world.count("participant") == 0
    assert rosa.look().status_code == 200
    assert "This opens your pages" in rosa.text
    rosa.join(code)
    assert rosa.row.standing == "active"


def test_help_and_places_are_there_for_anybody_and_nothing_is_kept(world, reader):
    stranger = reader()
    stranger.open("")
    stranger.tap("Help")
    assert "Samaritans" in stranger.text
    assert "set-cookie" not in stranger.answer.headers
    assert world.count("participant") == world.count("inbox") == 0


def test_a_card_is_printed_whose_address_opens_the_page(world, reader, sqlite_url, tmp_path, monkeypatch):
    monkeypatch.setenv("EMA_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("EMA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("EMA_PUBLIC_URL", raising=False)
    order = ["invite", world.study, "-n", "2", "--page", "--qr", str(tmp_path / "cards")]
    refused = CliRunner().invoke(command, order)
    assert "EMA_PUBLIC_URL is not set" in str(refused.exception)
    monkeypatch.setenv("EMA_PUBLIC_URL", "https://notes.example/")
    done = CliRunner().invoke(command, order)
    assert done.exit_code == 0, done.output
    code, address = done.output.splitlines()[1].split()
    assert address == f"https://notes.example/p#{code}"
    assert len(list((tmp_path / "cards").glob("*.svg"))) == 2
    rosa = reader()
    rosa.open(address)
    assert rosa.row.standing == "joining"


# --- the record


def test_her_note_is_delivered_when_she_looks_and_not_before(world, noted):
    first = noted.checkins()[0]
    assert (first.state, first.sent_at) == ("planned", None)
    noted.look()
    assert noted.text.startswith("You have a note.")
    seen = noted.checkins()[0]
    assert (seen.state, seen.sent_at) == ("open", world.now)
    noted.tap("Start", *["5"] * 7)
    assert "Thank you." in noted.text
    done = noted.checkins()[0]
    assert (done.state, done.n_answered) == ("completed", 7)
    assert world.count("answer", prompt_id=done.id) == 7
    assert world.sent() == []


def test_what_closes_unseen_was_not_delivered_and_is_never_held_against_her(world, rosa):
    world.wait(days=2)
    over = [one for one in rosa.checkins() if one.state not in {"planned", "open"}]
    assert len(over) >= 3
    assert {(one.state, one.reason) for one in over} == {("undelivered", "not seen")}
    rosa.look()
    assert "You have a note." not in rosa.text


def test_what_she_saw_and_left_is_missed_as_in_a_chat(world, noted):
    noted.look()
    world.wait(hours=5)
    assert (noted.checkins()[0].state, noted.checkins()[0].reason) == ("missed", "no response")


def test_skip_and_later_mean_what_they_mean_in_a_chat(world, noted):
    noted.look()
    noted.tap("Later")
    assert "You have a note." not in noted.text
    noted.look()
    assert "You have a note." not in noted.text
    world.wait(hours=1)
    noted.look()
    noted.tap("Skip")
    assert noted.checkins()[0].state == "declined"


def test_in_her_quiet_hours_she_may_look_since_nothing_rings(world, rosa):
    rosa.look()
    rosa.command("times").tap("Quiet hours", "Add quiet hours").type("15:45-20:00")
    world.until(rosa.checkins()[0].due_at + timedelta(hours=1))
    rosa.look()
    assert "You have a note." in rosa.text


def test_in_a_pause_nothing_waits(world, rosa):
    rosa.look()
    rosa.command("pause").tap("Until tomorrow")
    world.wait(hours=4)
    rosa.look()
    assert "You have a note." not in rosa.text
    world.wait(hours=4)
    assert rosa.checkins()[0].state == "paused"


def test_a_form_sent_twice_or_from_an_older_tab_changes_nothing(world, noted):
    noted.look()
    noted.tap("Start")
    first_question = noted.form("5")
    noted.send(first_question)
    second = noted.text
    noted.send(first_question)  # a double tap, a reload, or the way back
    assert noted.text == second
    noted.look()
    older_tab = noted.form("3")
    noted.tap("4")
    noted.send(older_tab)  # of the question before, with a number of its own
    assert "3 of 7" in noted.text
    answers = world.rows("answer", prompt_id=noted.checkins()[0].id)
    assert [one.revision for one in answers] == [1, 1]
    assert len({one.item for one in answers}) == 2


def test_a_button_that_makes_no_sense_does_nothing_and_says_so(noted):
    noted.look()
    action, fields = noted.form("Start")
    noted.send((action, fields | {"do": "x|y|z|0|1|2|3"}))
    assert "That button is from earlier." in noted.text
    assert noted.checkins()[0].n_items == 0


def test_all_of_it_on_one_page_is_the_same_record(world, noted):
    noted.look()
    noted.tap("Start", "All on one page", "Back", "All on one page")
    asked = re.findall(r'name="asked" value="(\w+)"', noted.html)
    hidden = dict(re.findall(r'<input type="hidden" name="(prompt|opened)" value="(\d+)">', noted.html))
    noted.send(("/p/whole/send", hidden | {"asked": asked} | {f"a.{one}": "5" for one in asked}))
    assert "Thank you." in noted.text
    assert noted.checkins()[0].n_answered == len(asked) == 7


def test_a_browser_that_loads_the_page_in_advance_has_not_looked(noted):
    early = noted.client.get("/p/home", headers={"sec-purpose": "prefetch;prerender"})
    assert (early.status_code, early.text) == (503, "")
    assert noted.checkins()[0].state == "planned"

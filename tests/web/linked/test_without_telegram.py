"""Taking part without Telegram: joining, answering and steering on a page that she looks at. Nothing here is sent.

What belongs to the database is in `tests/services/test_looking.py`, on both.
"""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from typer.testing import CliRunner

from ema.__main__ import app as command
from ema.services import moving, pin
from tests.services.test_pin import PEER, RIGHT, WRONG
from tests.services.test_workers import take, works
from tests.web.linked.reader import CODE, Reader
from tests.web.linked.test_shared import read

EVERYTHING = re.compile(r"\b(mood|esteem|study|research|sex|survey)\b", re.IGNORECASE)


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


@pytest.fixture
def reader(world, browser):
    """Somebody new with a browser of her own, each time it is called."""
    return lambda **about: Reader(world, browser(), **about)


@pytest.fixture
def rosa(world, reader):
    """She has joined on a Monday at noon, and her note is due in the afternoon."""
    return reader().join(world.invite()[0])


@pytest.fixture
def noted(world, rosa):
    """Her note is there, and she has not looked."""
    world.wait(hours=4)
    return rosa


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


# --- hers


def test_who_is_there_for_her_is_told_on_the_page(world, rosa):
    ana = works(world, "Ana")
    take(world, rosa, ana)
    world.wait(hours=4)
    rosa.look()
    rosa.tap("Have a look")
    assert "Your worker is Ana" in rosa.text


def test_a_page_for_a_service_has_an_address_to_copy(rosa, browser):
    rosa.look()
    rosa.command("share").tap("Make a page", "How many check-ins, by week", "Next").type("my clinic")
    rosa.tap("For one week", "Make this page")
    (address,) = re.findall(r'readonly value="([^"]+)"', rosa.html)
    assert "Is there no button" not in rosa.text
    assert read(browser(), address).status_code == 200


def test_a_copy_of_everything_is_two_files_for_ten_minutes_and_none_holds_the_cookie(world, rosa):
    rosa.look()
    rosa.command("mydata").tap("Yes, send it")
    order = rosa.form("Save copy.json")
    saved = rosa.client.post(*order[:1], data=order[1])
    assert saved.headers["content-disposition"] == "attachment; filename=copy.json"
    assert saved.headers["cache-control"] == "no-store"
    held = json.loads(saved.text)["held"]
    assert held["participant"][0]["channel"] == "page"
    assert rosa.client.cookies["page"] not in saved.text
    assert "<h1" in rosa.client.post("/p/file", data=rosa.form("Save copy.html")[1]).text
    world.wait(minutes=11)
    assert rosa.client.post("/p/file", data=order[1]).status_code == 303
    rosa.look()
    assert not [label for label in rosa.labels if label.startswith("Save copy")]


def test_nobody_elses_order_opens_a_file(world, rosa, reader):
    rosa.look()
    rosa.command("mydata").tap("Yes, send it")
    _, order = rosa.form("Save copy.json")
    other = reader().join(world.invite()[0])
    assert other.client.post("/p/file", data=order).status_code == 303


def test_her_picture_is_drawn_on_a_page(rosa):
    rosa.look()
    rosa.tap("My answers as a picture")
    assert "A picture takes 5 sets with answers." in rosa.text
    rosa.tap("Back")
    assert "Stop or leave" in rosa.labels


def test_stopping_and_coming_back_and_erasing_everything(world, rosa):
    rosa.look()
    rosa.command("stop").tap("Stop, and keep what I gave")
    assert rosa.row.standing == "stopped"
    rosa.tap("Come back")
    assert rosa.row.standing == "active"
    token = rosa.client.cookies["page"]
    rosa.command("stop").tap("Stop, and erase everything", "Yes, erase everything")
    assert re.search(r"\d{8}-\w{6}", rosa.text), "a receipt"
    assert "page" not in rosa.client.cookies
    assert world.count("participant") == world.count("prompt") == world.count("outbox") == 0
    rosa.client.cookies.set("page", token, path="/p")
    rosa.look()
    assert "This opens your pages" in rosa.text


# --- a phone that others hold


def set_pin(someone):
    someone.look()
    someone.command("pin").tap("Set a PIN", *RIGHT, *RIGHT)
    assert "Your PIN is set." in someone.text


def test_her_pin_covers_the_page_after_ten_minutes_by_itself(world, noted):
    set_pin(noted)
    noted.look()
    noted.tap("Start")
    (seconds,) = re.findall(r'data-covers="(\d+)"', noted.html)
    assert seconds == "601"
    assert f'<noscript><meta http-equiv="refresh" content="{seconds};url=/p/home"></noscript>' in noted.html
    noted.command("mydata").tap("Yes, send it")
    world.wait(minutes=11)
    noted.look()
    assert "Please tap your PIN." in noted.text
    assert "data-covers" not in noted.html
    assert "Save copy.html" not in noted.labels
    noted.tap(*WRONG)
    assert "That was not it." in noted.text
    noted.tap(*RIGHT)
    assert "5" in noted.labels, "she goes on where she was"


def test_hiding_leads_away_and_leaves_a_door(noted):
    noted.look()
    for _ in range(2):
        left = noted.hide()
        assert left.headers["location"] == "https://www.bbc.co.uk/weather"
        noted.look()
        assert "note" not in noted.text
        assert noted.labels == ["Open", "Help", "Places to go"]
        noted.tap_open()
        assert noted.text.startswith("You have a note.")
    set_pin(noted)
    noted.hide()
    noted.look()
    noted.tap_open()
    assert "Please tap your PIN." in noted.text


def test_closing_ends_it_in_this_browser_for_good_and_a_code_of_hers_brings_all_back(world, noted, reader):
    noted.look()
    noted.tap("Start", "5")
    noted.command("pin").tap("A code for a new phone")
    (code,) = CODE.findall(noted.text)
    noted.look()
    assert not CODE.findall(noted.html), "it is shown once"
    token, pseudonym = noted.client.cookies["page"], noted.id
    noted.leave()
    assert "page" not in noted.client.cookies
    noted.client.cookies.set("page", token, path="/p")
    noted.look()
    assert "This opens your pages" in noted.text
    again = reader()
    again.open(code)
    assert again.id == pseudonym
    again.command("start")
    again.tap("4")
    assert len(world.rows("answer")) == 2


def test_a_workers_code_restores_the_schedule_only(world, noted, reader):
    noted.look()
    noted.tap("Start", "5")
    pseudonym = noted.id
    again = reader()
    again.open(pin.spoken(moving.issue(world.here, pseudonym, PEER)))
    assert "What you gave before is shut here." in again.text
    assert again.id == pseudonym
    assert noted.look().status_code == 200
    assert "This opens your pages" in noted.text, "the other browser sees nothing any more"


def test_who_is_in_this_browser_is_not_pushed_out_by_another_code(world, rosa):
    before = rosa.id
    rosa.hide()
    rosa.open(world.invite()[0])
    assert rosa.id == before
    assert world.count("participant") == 1


# --- from one way to the other


def test_from_a_chat_to_a_page_and_back_with_all_that_is_hers(world, reader):
    anna = world.joined("Anna")
    anna.write("/pin")
    anna.tap("A code for a new phone")
    (code,) = CODE.findall(anna.last.text)
    page, pseudonym = reader(), anna.id
    page.open(code)
    assert page.id == pseudonym
    world.wait(hours=4)
    assert anna.notes() == []
    page.look()
    assert "You have a note." in page.text
    page.tap("Start", "5")
    page.command("pin").tap("A code for a new phone")
    (code,) = CODE.findall(page.text)
    anna.write(code)
    assert (anna.id, anna.row.channel) == (pseudonym, "telegram")
    page.look()
    assert "This opens your pages" in page.text
    anna.tap(*["5"] * 6)
    assert anna.checkins()[0].n_answered == 7
    evening = anna.checkins()[1].due_at
    world.until(evening)
    assert anna.notes() == [evening], "it comes by the bot again"


def test_a_note_that_came_in_the_chat_waits_on_the_page_too(anna, reader):
    anna.write("/pin")
    anna.tap("A code for a new phone")
    (code,) = CODE.findall(anna.last.text)
    page = reader()
    page.open(code)
    assert "You have a note." in page.text
    page.tap("Start", "5")
    assert page.checkins()[0].n_answered == 1


# --- what it tells


def test_no_address_title_cookie_or_header_tells_what_it_is_and_none_is_kept(world, noted):
    pages = [noted.client.get("/p"), noted.look(), noted.tap("Start").answer, noted.command("help").answer]
    for shown in pages:
        assert shown.headers["cache-control"] == "no-store"
        if shown.status_code == 200:
            assert re.search("<title>(.*)</title>", shown.text)[1] == "Check-ins"
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", shown.text)
            assert shown.headers["content-security-policy"].startswith("default-src 'self'; script-src 'self';")
        assert not EVERYTHING.search(" ".join(f"{name} {value}" for name, value in shown.headers.items()))
    assert set(noted.client.cookies) == {"page"}
    cookie = pages[1].headers["set-cookie"].lower()
    for wanted in ("httponly", "samesite=strict", "path=/p", "max-age=5184000"):
        assert wanted in cookie
    for address in re.findall(r'(?:action|formaction|href)="([^"]*)"', unescape(noted.html)):
        assert not EVERYTHING.search(address)


@pytest.mark.parametrize("path", ["tap", "file", "slide", "answer", "leave", "help"])
def test_a_form_of_another_site_does_nothing(rosa, path):
    answer = rosa.client.post(f"/p/{path}", headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert rosa.id is not None


def test_a_personal_link_from_the_chat_opens_no_account(anna, page):
    assert page.post("/p/tap", data={"once": "1", "command": "stop"}).status_code == 401
    assert page.post("/p/file", data={"order": "1"}).status_code == 303
    assert anna.row.standing == "active"

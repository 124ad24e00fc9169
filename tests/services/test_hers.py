"""What is hers to see and to take along: /me and /mydata, from the command to what stands on her phone."""

import base64
import json
import logging
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
import structlog
from sqlalchemy import select

from bot.sandbox import Fault
from ema.domain.localised import Localised
from ema.store import keystore, sealed
from ema.store.rows import SQLModel
from tests.exports.everything import FORM
from tests.services.world import only, variant

MOST_WORDS = 1024
"""Telegram's limit for what stands under a picture."""
LABELS = {"wb_state": "How you feel", "se_state": "How you see yourself"}


def charts(*names):
    return only(variant(chart={name: Localised({"en": LABELS[name]}) for name in names}), "checkin")


@pytest.fixture
def world(make_world):
    return make_world(charts("se_state"))


def reached(anna):
    """Her next note has come."""
    before = len(anna.notes())
    while len(anna.notes()) == before:
        anna.world.step(anna.world.now + timedelta(days=2))


def answered(anna, *values):
    """She has answered a set with each of these values, from her next note on."""
    for value in values:
        reached(anna)
        anna.answer(value)


def files(anna):
    return [message for message in anna.phone.messages() if message.photo or message.document]


# --- her picture


def test_her_picture_comes_covered_silent_and_with_the_words_of_any_note(world, anna):
    answered(anna, "2", "3", "4", "4", "5", "6")
    anna.phone.send("/me")
    world.rest()
    (call,) = world.sent("sendPhoto")
    assert call.params["caption"] == "You have a note."
    assert (call.params["has_spoiler"], call.params["disable_notification"], call.params["protect_content"]) == (
        True,
        True,
        True,
    )
    assert call.params["photo"].name == "picture.png"
    (message,) = files(anna)
    assert message.text == (
        "From 6 sets so far. Lowest 2, highest 6. At least half are from 3 to 5. They can go from 1 to 7."
    )
    body = call.params["photo"].content
    assert body.startswith(b"\x89PNG")
    assert "The picture comes now. It goes from this chat after 10 minutes." in anna.last.text
    assert "/me" not in [one.text for one in anna.phone.messages()]


def test_it_goes_after_ten_minutes(world, anna):
    answered(anna, *"34454")
    anna.write("/me")
    world.wait(minutes=9)
    assert len(files(anna)) == 1
    world.wait(minutes=2)
    assert files(anna) == []


def test_it_goes_at_once_when_she_hides_the_chat(world, anna):
    answered(anna, *"34454")
    anna.write("/me")
    anna.tap("Hide this chat")
    assert anna.phone.messages() == []


def test_too_few_answers_are_said_and_nothing_is_drawn(world, anna):
    answered(anna, *"3445")
    anna.write("/me")
    assert "A picture takes 5 sets with answers. So far there are: 4." in anna.last.text
    assert world.sent("sendPhoto") == []


def test_a_practice_set_does_not_count(make_world):
    world = make_world(charts("se_state"))
    anna = world.phone("Anna")
    anna.join(world.invite()[0], practice="Try one now")
    anna.tap(*["7"] * 7)
    anna.write("/me")
    assert "So far there are: 0." in anna.last.text


def test_a_study_that_shows_her_none_says_so(make_world):
    world = make_world(only(variant(chart={}), "checkin"))
    anna = world.joined("Anna")
    answered(anna, *"34454")
    anna.write("/me")
    assert "There is no picture to show here." in anna.last.text
    assert world.sent("sendPhoto") == []


def test_in_the_middle_of_a_question_the_question_stays(world, anna):
    answered(anna, *"34454")
    reached(anna)
    anna.tap("Start", "3", "4")
    anna.write("/me")
    assert "3 of 7" in anna.last.text
    assert len(files(anna)) == 1
    anna.tap("5")
    assert "4 of 7" in anna.last.text


def test_two_scores_have_numbers_and_the_words_no_names(make_world):
    world = make_world(charts("wb_state", "se_state"))
    anna = world.joined("Anna")
    answered(anna, *"112267")
    anna.tap("Menu", "My answers as a picture")
    (message,) = files(anna)
    assert re.fullmatch(r"Number 1: From 6 sets so far\. .+\n\nNumber 2: From 6 sets so far\. .+", message.text)
    assert len(message.text) < MOST_WORDS
    assert not re.search(r"feel|yourself|esteem|mood|being", message.text)


def test_a_picture_that_could_not_be_sent_comes_with_the_next_try(world, anna):
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", code=502))
    anna.write("/me")
    assert files(anna) == []
    world.wait(minutes=1)
    assert len(files(anna)) == 1


def test_an_order_that_could_not_be_done_in_time_is_dropped(world, anna):
    """By then somebody else may hold the phone."""
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", code=502, times=None))
    anna.write("/me")
    world.wait(minutes=11)
    world.sandbox.faults.clear()
    world.wait(hours=1)
    assert files(anna) == []


def test_who_has_stopped_may_still_see_and_take_what_is_hers(world, anna):
    answered(anna, *"34454")
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    anna.write("/me")
    anna.write("/mydata")
    anna.tap("Yes, send it")
    assert len(files(anna)) == 3


# --- a copy of everything


def copies(world, anna):
    anna.write("/mydata")
    anna.tap("Yes, send it")
    calls = world.sent("sendDocument", chat_id=anna.phone.id)
    return {call.params["document"].name: call.params["document"].content.decode() for call in calls}


class Text(HTMLParser):
    """What stands on a page, and every address in it."""

    def __init__(self, page):
        super().__init__()
        self.words, self.addresses, self.language = [], [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        about = dict(attributes)
        self.addresses += [about[name] for name in ("href", "src", "action") if name in about]
        self.language = about.get("lang", self.language)

    def handle_data(self, data):
        self.words += [data.strip()] if data.strip() else []


def test_she_is_asked_once_more_and_told_who_could_read_it(world, anna):
    anna.write("/mydata")
    assert "Whoever holds this phone can open them." in anna.last.text
    anna.tap("Carry on")
    assert files(anna) == []


def test_two_files_come_silent_and_unnamed_and_go_after_ten_minutes(world, anna):
    answered(anna, "5")
    assert set(copies(world, anna)) == {"copy.html", "copy.json"}
    for call in world.sent("sendDocument"):
        assert call.params["disable_notification"]
        assert call.params.get("caption") is None
        assert not call.params.get("protect_content"), "or she could not keep it"
    world.wait(minutes=9)
    assert len(files(anna)) == 2
    world.wait(minutes=2)
    assert files(anna) == []


def test_the_one_to_read_says_what_she_gave_in_the_words_of_the_questions(world, anna):
    answered(anna, "5")
    reached(anna)
    anna.tap("Start", "2", "Back", "3", "Skip this one", "Prefer not to say")
    anna.write("/contact")
    anna.tap("Yes, please")
    page = Text(copies(world, anna)["copy.html"])
    assert page.addresses == []
    assert page.language == "en"
    told = "\n".join(page.words)
    assert "Right now, I feel I am a person of worth.: 5" in told
    assert "How do you feel right now?: 2 Changed to: 3" in told
    assert "How calm do you feel right now?: Skipped" in told
    assert "Right now, I am satisfied with myself.: Prefer not to say" in told
    assert "Momentary self-esteem: 5 (from 3 of 3 answers)" in told
    assert "You asked for it" in told
    assert "Your times now: About 3 pm and 9.30 pm" in told
    assert f"The name that stands for you: {anna.id}" in told
    assert "Words of version 1" in told


def test_it_is_in_her_language(make_world):
    world = make_world(only(variant(languages=("en", "es")), "checkin"))
    anna = world.joined("Anna")
    answered(anna, "5")
    anna.write("/language")
    anna.tap("Español")
    anna.write("/mydata")
    anna.tap("Sí, envíala")
    page = Text(
        {c.params["document"].name: c.params["document"].content for c in world.sent("sendDocument")}[
            "copy.html"
        ].decode()
    )
    assert page.language == "es"
    assert "¿Cómo te sientes ahora mismo?: 5" in page.words


def test_the_other_one_has_every_revision_and_every_column(world, anna):
    answered(anna, "5")
    reached(anna)
    anna.tap("Start", "2", "Back", "3")
    document = json.loads(copies(world, anna)["copy.json"])
    held = document["held"]
    assert [(one["revision"], one["value"]) for one in held["answer"] if one["item"] == "wb_mood"] == [
        (1, 5), (1, 2), (2, 3),
    ]  # fmt: skip
    assert held["participant"][0]["address"] == anna.address
    assert {one["purpose"]: one["sha256"] for one in held["consent"]}.keys() == {"participation", "health_data"}
    assert all(len(one["sha256"]) == 64 for one in held["consent"])
    assert held["prompt"][0]["state"] == "completed"
    assert held["prompt"][0]["course"]["order"]
    assert held["conversation"][0]["state"]["run"]["given"]["wb_mood"]["value"] == 3
    assert document["questions"][str(world.protocol.version)]["checkin"]["wb_mood"] == "How do you feel right now?"
    for name, rows in held.items():
        columns = {column.removesuffix("_sealed") for column in SQLModel.metadata.tables[name].c}
        assert all(row.keys() == columns for row in rows), name


def test_her_recording_is_in_it(make_world):
    forms = {
        **variant().questionnaires,
        "checkin": FORM.model_copy(
            update={"items": tuple(i for i in FORM.items if i.type == "voice"), "pages": (), "scores": ()}
        ),
    }
    world = make_world(only(variant(questionnaires=forms, chart={}, sensitive_items={"voice": "a test"}), "checkin"))
    anna = world.joined("Anna")
    reached(anna)
    anna.tap("Start")
    anna.phone.send_voice(b"OggS and her words", 2)
    world.rest()
    found = copies(world, anna)
    (one,) = json.loads(found["copy.json"])["held"]["media"]
    assert base64.b64decode(one["body"]) == b"OggS and her words"
    assert "It is in the other file." in found["copy.html"]


def test_somebody_who_is_still_joining_gets_a_copy_too(world):
    someone = world.phone("Bea")
    someone.start(world.invite()[0])
    found = copies(world, someone)
    assert someone.id in found["copy.html"]
    assert json.loads(found["copy.json"])["held"]["answer"] == []
    assert any("Next" in message.labels for message in someone.phone.messages()), "and she goes on where she was"


def test_nothing_of_anybody_else_is_in_it(world, anna):
    bea = world.joined("Bea")
    answered(anna, "5")
    for text in copies(world, anna).values():
        assert bea.id not in text
        assert bea.address not in text


def names_somebody(table):
    """Columns by which a row belongs to a participant."""
    return {"participant_id", "enrolment_id", "prompt_id", "address_sealed", "subject"} & {*map(str, table.c.keys())}


def test_every_table_that_holds_her_id_is_in_the_copy_or_says_why_not():
    every = {**SQLModel.metadata.tables, **keystore._keys.metadata.tables}
    hers = {name for name, table in every.items() if names_somebody(table)}
    accounted = set(sealed.HELD) | set(sealed.NOT_COPIED)
    assert hers - accounted == set()
    assert accounted - set(every) == set()
    assert all(sealed.NOT_COPIED.values())


def test_no_other_table_turns_out_to_name_her(world, anna):
    """Not by the names of the columns, but by what stands in them after a month."""
    answered(anna, *"345")
    anna.write("/contact")
    anna.tap("Yes, please")
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    anna.tap("Come back")
    found = set()
    with world.database.reading() as session:
        for name, table in SQLModel.metadata.tables.items():
            rows = session.execute(select(table)).all()
            if any(anna.id in str(cell) or str(cell) == anna.address for row in rows for cell in row):
                found.add(name)
    assert {"participant", "prompt", "answer", "score", "outbox", "audit", "contact"} <= found
    assert found - set(sealed.HELD) - set(sealed.NOT_COPIED) == set()


def test_the_orders_hold_references_and_no_word_of_hers(world, anna):
    answered(anna, *"34454")
    anna.write("/me")
    copies(world, anna)
    rows = [row for row in world.rows("outbox", participant_id=anna.id) if row.kind in {"picture", "copy"}]
    assert {(row.kind, row.words, row.message_id is None) for row in rows} == {
        ("picture", None, True), ("picture", None, False), ("copy", "html", True), ("copy", "json", True),
    }  # fmt: skip
    assert {row.state for row in rows} == {"sent"}


@pytest.fixture
def logged(caplog, capfd):
    caplog.set_level(logging.INFO)
    with structlog.testing.capture_logs() as lines:
        yield lambda: "\n".join([*map(repr, lines), caplog.text, *capfd.readouterr()])


def test_what_can_not_be_made_is_told_to_staff_without_a_word_of_hers(world, anna, logged, monkeypatch):
    answered(anna, *"34454")

    def broken(*_):
        raise ValueError(f"{anna.address} 3 4 4 5 4")

    monkeypatch.setattr("ema.services.own_course.drawn", broken)
    anna.write("/me")
    (alert,) = world.rows("alert")
    assert (alert.kind, alert.summary) == ("message_refused", "A picture was refused: ValueError")
    assert anna.address not in logged()
    anna.tap("Check in now")
    assert "1" in anna.last.labels, "and everything else goes on"


def test_what_can_not_be_sent_holds_up_nothing_else(world, anna):
    """A retry holds its chat back; but help does not wait for a picture."""
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", code=502, times=None))
    anna.write("/me")
    anna.write("/help")
    assert "999" in anna.last.text


@pytest.mark.parametrize("order", ["/me", "/mydata"])
def test_what_may_have_arrived_is_not_sent_again(world, anna, order):
    """Nobody knows the number of that message, so it could not be removed."""
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendPhoto", kind="reset", when="after", times=None))
    world.sandbox.faults.add(Fault(method="sendDocument", kind="reset", when="after", times=None))
    anna.write(order)
    if order == "/mydata":
        anna.tap("Yes, send it")
    world.wait(minutes=5)
    assert len(files(anna)) == {"/me": 1, "/mydata": 2}[order]


def test_who_erases_herself_meanwhile_gets_nothing_and_nothing_is_left(world, anna):
    answered(anna, *"34454")
    world.sandbox.faults.add(Fault(method="sendDocument", code=502, times=None))
    copies(world, anna)
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    world.sandbox.faults.clear()
    world.wait(hours=1)
    assert files(anna) == []
    assert world.count("outbox") == 0


def test_a_stranger_is_told_how_to_get_in_and_nothing_of_her_is_stored(world):
    stranger = world.phone("Somebody")
    stranger.start()
    for command in ("/me", "/mydata"):
        stranger.write(command)
    assert files(stranger) == []
    assert world.vault.keystore.participant_ids() == set()

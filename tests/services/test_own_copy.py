"""/mydata: a copy of everything that is held about her, for her to read and to keep."""

import base64
import json
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from bot.sandbox import Fault
from ema.services import own_copy
from ema.store import keystore, sealed
from ema.store.rows import SQLModel
from tests.exports.everything import FORM
from tests.services.hers import answered, charts, copies, files, reached
from tests.services.world import only, variant


@pytest.fixture
def world(make_world):
    return make_world(charts("se_state"))


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
    assert "Whoever holds this phone can open them, and Telegram can read them." in anna.last.text
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
    assert "Right now, I feel I am a person of worth. – 5" in told
    assert "How do you feel right now? – 2 Changed to: 3" in told
    assert "How calm do you feel right now? – Skipped" in told
    assert "Right now, I am satisfied with myself. – Prefer not to say" in told
    assert "Momentary self-esteem: 5 (from 3 of 3 answers)" in told
    assert "You asked for it" in told
    assert "Your times now: About 3 pm and 9.30 pm" in told
    assert f"The name that stands for you: {anna.id}" in told
    assert "Here since: 2 March 2026" in told
    assert "Language: English" in told
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
    assert "¿Cómo te sientes ahora mismo? – 5" in page.words


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
    assert (
        document["questions"][f"twice_daily, version {world.protocol.version}"]["checkin"]["wb_mood"]
        == "How do you feel right now?"
    )
    for name, rows in held.items():
        columns = {column.name.removesuffix("_sealed") for column in SQLModel.metadata.tables[name].c}
        assert all(row.keys() == columns for row in rows), name


def recording():
    """A study that asks for a voice message."""
    forms = {
        **variant().questionnaires,
        "checkin": FORM.model_copy(
            update={"items": tuple(i for i in FORM.items if i.type == "voice"), "pages": (), "scores": ()}
        ),
    }
    return only(variant(questionnaires=forms, chart={}, sensitive_items={"voice": "a test"}), "checkin")


def test_her_recording_is_in_it(make_world):
    world = make_world(recording())
    anna = world.joined("Anna")
    reached(anna)
    anna.tap("Start")
    anna.phone.send_voice(b"OggS and her words", 2)
    world.rest()
    found = copies(world, anna)
    (one,) = json.loads(found["copy.json"])["held"]["media"]
    assert base64.b64decode(one["body"]) == b"OggS and her words"
    assert "It is in the other file." in found["copy.html"]


def test_recordings_that_are_too_many_for_one_file_are_listed_and_said_to_be_left_out(make_world, monkeypatch):
    monkeypatch.setattr(own_copy, "MOST_MEDIA", 30)
    world = make_world(recording())
    anna = world.joined("Anna")
    for _ in range(2):
        reached(anna)
        anna.tap("Start")
        anna.phone.send_voice(b"OggS and her words", 2)
        world.rest()
    found = copies(world, anna)
    first, second = json.loads(found["copy.json"])["held"]["media"]
    assert base64.b64decode(first["body"]) == b"OggS and her words"
    assert (second["state"], second["body"], second["left_out"]) == ("kept", None, "too big for this file")
    assert "It is too big for the other file." in found["copy.html"]


def test_somebody_who_is_still_joining_gets_a_copy_too(world):
    someone = world.phone("Bea")
    someone.start(world.invite()[0])
    found = copies(world, someone)
    assert someone.id in found["copy.html"]
    assert json.loads(found["copy.json"])["held"]["answer"] == []
    assert any("Next" in message.labels for message in someone.phone.messages()), "and she goes on where she was"


def test_what_she_typed_is_shown_as_words_and_never_as_a_page(make_world):
    """A file that she opens must not do anything that stands in an answer."""
    asked = tuple(item for item in FORM.items if item.type == "text")
    forms = {**variant().questionnaires, "checkin": FORM.model_copy(update={"items": asked, "pages": (), "scores": ()})}
    world = make_world(only(variant(questionnaires=forms, chart={}, sensitive_items={"text": "a test"}), "checkin"))
    anna = world.joined("Anna")
    reached(anna)
    anna.tap("Start")
    anna.write("<script>alert(1)</script>")
    found = copies(world, anna)
    assert "<script" not in found["copy.html"]
    assert "More? – <script>alert(1)</script>" in Text(found["copy.html"]).words


def test_nothing_of_anybody_else_is_in_it(world, anna):
    bea = world.joined("Bea")
    answered(anna, "5")
    for text in copies(world, anna).values():
        assert bea.id not in text
        assert bea.address not in text


def names_somebody(table):
    """Columns by which a row belongs to a participant."""
    return {"participant_id", "enrolment_id", "prompt_id", "address_sealed", "subject"} & {one.name for one in table.c}


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

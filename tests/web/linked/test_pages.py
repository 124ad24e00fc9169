"""Her pages by a link and in the Mini App: what she does there is one record with the chat."""

import re
from html import unescape

import pytest

from bot.sandbox.miniapp import init_data
from ema.services import staff, workers
from ema.services.signin import Signed
from ema.store import participants, sealed
from ema.web.pages import HERE
from tests.screens.studies import MET, OTHER
from tests.services.hers import answered
from tests.services.sliding import kept
from tests.services.world import BUNDLED, World
from tests.web.linked.hands import asked_for, do, filled, home, opened

SEVEN = [item.id for item in BUNDLED.questionnaires["checkin"].items]

# --- one record


def test_a_check_in_begun_here_and_finished_in_the_chat(world, anna, page):
    home(page)
    assert len(re.findall("<fieldset", do(page, "Start"))) == 7
    anna.tap("Start")
    assert anna.last.text.startswith("7 short questions")
    for _ in range(7):
        anna.tap("5")
    assert sorted(item for item, *_ in kept(anna)) == sorted(SEVEN)
    assert anna.checkins()[0].state == "completed"
    assert "You have begun" not in home(page)


def test_a_check_in_begun_in_the_chat_and_finished_here(world, anna, page):
    anna.tap("Start", "5", "4")
    assert "You have begun." in home(page)
    shown = page.post("/p/whole").text
    assert len(re.findall("<fieldset", shown)) == 5
    for _ in range(2):
        assert "data-done" in page.post("/p/whole/send", data=filled(shown)).text
    world.rest()
    assert len(kept(anna)) == 7
    assert anna.checkins()[0].state == "completed"
    assert "You have begun." not in home(page)


def test_what_has_closed_is_said_kindly_and_begins_nothing(world, anna, page):
    home(page)
    world.clock.move_to(anna.checkins()[0].expires_at)
    assert "That one has closed. Check in now?" in do(page, "Start")
    assert "You have begun." not in home(page)


def test_where_a_study_offers_several_sets_she_chooses_here_too(
    database, vault, clock, tmp_path, browser_of, monkeypatch
):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    several = BUNDLED.model_copy(update={"languages": ("en",), "schedules": OTHER.schedules})
    world = World(database, vault, clock, tmp_path, several, app_url="https://notes.example/app")
    try:
        fay, client = world.joined("Fay"), browser_of(world)
        world.until(fay.checkins()[0].expires_at)
        opened(client, asked_for(fay))
        home(client)
        do(client, "Check in now")
        assert len(re.findall("<fieldset", do(client, MET.say("en")))) == 7
        assert "You have begun." in home(client)
    finally:
        world.close()


def test_the_chat_shows_no_question_because_of_what_she_does_in_a_browser(world, anna, page):
    before = [message.text for message in anna.phone.messages()]
    home(page)
    do(page, "Start")
    world.rest()
    assert [message.text for message in anna.phone.messages()] == before


def test_she_reads_here_who_is_there_for_her_and_may_have_somebody_else(world, anna, page):
    sam = Signed(staff.add(world.here, "Sam", "peer"), "Sam", "peer")
    workers.give(world.here, anna.id, sam.id, None, sam)
    home(page)
    assert "Your worker is Sam." in do(page, "Ask someone to contact me")
    assert "No reason is needed." in do(page, "Someone else, please")
    assert "All right." in do(page, "Someone else, please")
    with world.database.reading() as session:
        hers = participants.get(session, anna.id)
    assert (hers.worker_id, hers.not_worker_id) == (None, sam.id)


def test_what_she_sets_here_is_set_everywhere_and_the_chat_stays_where_it_was(world, anna, page):
    place = talk(world, anna)
    home(page)
    assert "All settings" in unescape(page.last)
    do(page, "All settings")
    do(page, "My times")
    do(page, "Quiet hours")
    do(page, "Add quiet hours")
    do(page, "01:00")
    assert "01:00–09:00" in do(page, "09:00")
    do(page, "Carry on")
    do(page, "All settings")
    do(page, "How notes look")
    do(page, "Without a sound")
    do(page, "Carry on")
    assert talk(world, anna) == place
    anna.write("/times")
    assert "01:00–09:00" in anna.last.text
    anna.write("/notes")
    assert "With a sound" in anna.last.labels


def talk(world, someone):
    key = world.vault.person(someone.id)
    with world.database.reading() as session:
        stored = sealed.load_state(session, key, lock=False)
    return re.search(r'"place":"([\w.]*)"', stored.state)[1]


def test_what_is_typed_is_taken_as_in_the_chat(anna, page):
    for typed, said in (("a lamp", "a lamp"), ("x" * 40, "20")):
        shown = page.post("/p/do", data={"place": "notes.code", "typed": typed})
        assert said in unescape(shown.text)
    anna.write("/notes")
    assert "a lamp" in anna.last.text


def test_her_language_changes_at_once(world, anna, page):
    home(page)
    do(page, "All settings")
    do(page, "Language")
    shown = do(page, "Español")
    assert 'lang="es"' in shown
    assert "Ocultar esto" in shown
    with world.database.reading() as session:
        assert participants.get(session, anna.id).language == "es"


@pytest.mark.parametrize(
    "code",
    [
        "set|stop=erase|",
        "set|erase=yes|",
        "go|mydata|",
        "set|mydata=yes|",
        "hide||",
        "me||",
        "set|link=week|",
        "x",
        "|",
    ],
)
def test_what_belongs_to_the_chat_is_not_done_here(world, anna, page, code):
    before = len(anna.phone.messages())
    shown = page.post("/p/do", data={"place": "home", "do": code})
    assert shown.status_code == 200
    world.rest()
    assert len(anna.phone.messages()) == before
    with world.database.reading() as session:
        assert participants.get(session, anna.id).standing == "active"


# --- her chart


def test_few_answers_are_said_to_be_few(page):
    assert "A picture takes 5 sets with answers." in page.post("/p/chart").text


def test_her_chart_is_a_picture_with_words(browser, anna):
    answered(anna, *"345675")
    client = browser()
    opened(client, asked_for(anna))
    shown = client.post("/p/chart")
    assert shown.text.count("data:image/png;base64,") == 1
    assert "They can go from" in shown.text


# --- the Mini App


def launch(someone):
    return {"init_data": init_data(someone.phone.chat.bot.account, someone.phone.chat.person)}


def test_her_settings_and_chart_in_the_mini_app(world, browser, anna):
    client = browser()
    assert 'data-first="/app/do"' in client.get("/app/settings").text
    shown = client.post("/app/do", data=launch(anna))
    assert "My times" in shown.text
    assert "Start" not in re.findall(r"<button[^>]*>([^<]*)<", shown.text)
    changed = client.post("/app/do", data=launch(anna) | {"place": "settings", "do": "set|home=reminders|"})
    assert "Switch reminders on" in changed.text
    assert "A picture takes" in client.post("/app/chart", data=launch(anna)).text
    for path in ("/app/do", "/app/chart"):
        assert client.post(path, data={"init_data": "x"}).status_code == 401


def test_all_that_a_page_loads_is_small(browser, anna):
    answered(anna, *"345675")
    client = browser()
    opened(client, asked_for(anna))
    files = sum(path.stat().st_size for path in (HERE / "static" / "participant").iterdir())
    sizes = {
        "home": len(client.get("/p/home").content),
        "quiet hours": len(client.post("/p/do", data={"place": "quiet.from"}).content),
        "chart": len(client.post("/p/chart").content),
    }
    assert all(files + size < 150_000 for size in sizes.values()), (files, sizes)

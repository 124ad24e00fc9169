"""Her pages by a personal link, over HTTP: who may open them, for how long, and that all is one record."""

import re
from datetime import timedelta
from html import unescape

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from bot.sandbox.miniapp import init_data
from ema.bootstrap import mini_app
from ema.clock import SystemClock
from ema.services import link
from ema.store import participants, sealed
from ema.store.rows import table_of
from ema.store.tables import WebLink
from ema.web.app import create_app
from ema.web.pages import HERE
from tests.services.hers import answered
from tests.services.sliding import kept
from tests.services.world import BUNDLED, World, only, variant

PUBLIC = "https://notes.example"
OURS = {"origin": "http://testserver"}
SEVEN = [item.id for item in BUNDLED.questionnaires["checkin"].items]
STUDY = only(variant(languages=("en", "es"), chart=BUNDLED.chart), "checkin")


@pytest.fixture
def world(database, vault, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    made = World(database, vault, clock, tmp_path, STUDY, app_url=f"{PUBLIC}/app")
    yield made
    made.close()


@pytest.fixture
def anna(world):
    """Her note has come, and she has not begun."""
    someone = world.joined("Anna")
    world.wait(hours=4)
    return someone


@pytest.fixture
def browser(world):
    """A new browser each time it is called."""
    opened = []

    def another():
        app = create_app(world.here, mini_app=mini_app([world.channel], SystemClock()))
        client = TestClient(app, raise_server_exceptions=False, headers=OURS, follow_redirects=False)
        opened.append(client)
        return client

    yield another
    for client in opened:
        client.close()


def asked_for(someone, how="For one day"):
    """The address on the button that the chat shows her."""
    someone.write("/link")
    someone.tap(how)
    (address,) = [button.url for row in someone.last.buttons for button in row if button.label == "Open my pages"]
    return address


def secret(address):
    return address.partition("#")[2]


def opened(client, address):
    return client.post("/p/open", data={"token": secret(address)})


@pytest.fixture
def page(browser, anna):
    """A browser in which her pages are open."""
    client = browser()
    assert opened(client, asked_for(anna)).status_code == 303
    return client


def do(client, label):
    """Tap what stands on the page that was shown last."""
    buttons = re.findall(r'<button name="do" value="([^"]*)"[^>]*>([^<]*)<', client.last)
    (code,) = [unescape(value) for value, said in buttons if unescape(said) == label]
    (place,) = set(re.findall(r'name="place" value="([^"]*)"', client.last))
    client.last = client.post("/p/do", data={"place": place, "do": code}).text
    return unescape(client.last)


def home(client):
    client.last = client.get("/p/home").text
    return unescape(client.last)


def filled(html, value="5"):
    hidden = dict(re.findall(r'<input type="hidden" name="(prompt|opened)" value="(\d+)">', html))
    asked = re.findall(r'name="asked" value="(\w+)"', html)
    return hidden | {"asked": asked} | {f"a.{one}": value for one in asked}


# --- the link


def test_the_address_says_nothing_and_its_secret_is_sent_to_no_server(anna):
    address = asked_for(anna)
    assert re.fullmatch(r"https://notes\.example/p#[\w-]{32}", address)
    assert "within an hour" in anna.last.text


def test_a_preview_of_the_link_uses_nothing_up_and_says_nothing(browser, anna):
    address = asked_for(anna)
    for _ in range(3):
        shown = browser().get("/p")
        assert shown.status_code == 200
        assert "set-cookie" not in shown.headers
        assert re.search("<title>(.*)</title>", shown.text)[1] == "Check-ins"
    assert opened(browser(), address).status_code == 303


def test_it_is_exchanged_for_a_cookie_that_scripts_and_other_sites_never_see(world, browser, anna):
    client = browser()
    given = opened(client, asked_for(anna))
    cookie = given.headers["set-cookie"].lower()
    for wanted in ("httponly", "samesite=strict", "path=/p"):
        assert wanted in cookie
    assert given.headers["location"] == "/p/home"
    assert given.headers["cache-control"] == "no-store"
    with world.database.reading() as session:
        (row,) = session.execute(select(table_of(WebLink))).all()
    kept_cookie = client.cookies["page"]
    assert kept_cookie not in str(row)


def test_it_opens_in_one_browser_only_and_there_as_often_as_she_likes(browser, anna):
    address, first, second = asked_for(anna), browser(), browser()
    assert opened(first, address).status_code == 303
    refused = opened(second, address)
    assert refused.status_code == 403
    assert "does not work any more" in refused.text
    assert second.get("/p/home").headers["location"] == "/p"
    assert opened(first, address).headers["location"] == "/p/home"
    assert first.get("/p/home").status_code == 200
    assert first.get("/p").headers["location"] == "/p/home"


def test_the_whole_address_may_be_pasted_where_there_is_no_script(browser, anna):
    assert browser().post("/p/open", data={"token": f" {asked_for(anna)} "}).status_code == 303


def test_it_can_be_opened_for_an_hour_and_stays_open_for_as_long_as_she_chose(world, browser, anna):
    address, late = asked_for(anna), browser()
    world.clock.move_to(world.now + timedelta(hours=1))
    assert opened(late, address).status_code == 403
    for how, days in (("For one day", 1), ("For one week", 7)):
        client = browser()
        assert opened(client, asked_for(anna, how)).status_code == 303
        world.clock.move_to(world.now + timedelta(days=days, seconds=-1))
        assert client.get("/p/home").status_code == 200
        world.clock.move_to(world.now + timedelta(seconds=1))
        assert client.get("/p/home").status_code == 303
        assert client.post("/p/do").status_code == 401


def test_a_new_link_ends_the_one_before_and_what_it_had_opened(browser, anna, page):
    unused = asked_for(anna)
    assert page.post("/p/do").status_code == 401
    asked_for(anna)
    assert opened(browser(), unused).status_code == 403


def test_she_ends_all_of_them_at_once(browser, anna, page):
    anna.write("/link")
    anna.tap("End all my links")
    assert "No link of yours works now." in anna.last.text
    assert page.post("/p/do").status_code == 401
    unused = asked_for(anna)
    anna.tap("End all my links")
    assert opened(browser(), unused).status_code == 403


def test_stopping_or_erasing_ends_them_too(world, anna, page):
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    assert page.post("/p/do").status_code == 401
    anna.tap("Come back")
    asked_for(anna)
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    with world.database.reading() as session:
        assert session.execute(select(table_of(WebLink))).all() == []


def test_another_persons_link_opens_only_hers(world, browser, anna, page):
    bea = world.joined("Bea")
    hers = browser()
    opened(hers, asked_for(bea))
    assert hers.get("/p/home").status_code == page.get("/p/home").status_code == 200
    do_fields = {"place": "home", "do": f"start||{anna.checkins()[0].id}"}
    assert "<fieldset" not in hers.post("/p/do", data=do_fields).text
    assert anna.checkins()[0].first_action_at is None


def test_guessing_is_slowed_down_and_opens_nothing(browser, anna):
    client = browser()
    asked_for(anna)
    answers = [client.post("/p/open", data={"token": f"guess{at}"}).status_code for at in range(12)]
    assert answers[:10] == [403] * 10
    assert answers[10:] == [429, 429]


@pytest.mark.parametrize("path", ["/p/open", "/p/do", "/p/chart", "/p/whole", "/p/whole/send", "/p/hide"])
def test_a_form_of_another_site_does_nothing(anna, page, path):
    answer = page.post(path, headers={"origin": "https://elsewhere.example"})
    assert answer.status_code == 403
    assert page.get("/p/home").status_code == 200


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


def test_the_chat_shows_no_question_because_of_what_she_does_in_a_browser(world, anna, page):
    before = [message.text for message in anna.phone.messages()]
    home(page)
    do(page, "Start")
    world.rest()
    assert [message.text for message in anna.phone.messages()] == before


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


# --- hidden


def test_hiding_closes_the_page_and_leads_to_somewhere_harmless(page):
    for method in ("GET", "POST"):
        answer = page.request(method, "/p/hide")
        assert answer.status_code == 303
        assert answer.headers["location"] == "https://www.bbc.co.uk/weather"
        assert answer.headers["cache-control"] == "no-store"
        assert page.get("/p/home").headers["location"] == "/p"


def test_every_page_can_be_hidden_and_none_is_kept(anna, page):
    pages = {
        "home": page.get("/p/home"),
        "settings": page.post("/p/do", data={"do": "settings||"}),
        "times": page.post("/p/do", data={"place": "times"}),
        "chart": page.post("/p/chart"),
        "nothing": page.post("/p/whole"),
        "no form": page.post("/p/whole/send"),
        "unknown": page.get("/p/nowhere"),
        "foreign": page.post("/p/do", headers={"origin": "https://elsewhere.example"}),
        "mini app": page.get("/app"),
        "settings in it": page.get("/app/settings"),
    }
    page.post("/p/hide")
    pages |= {"closed": page.get("/p"), "over": page.post("/p/do")}
    for name, shown in pages.items():
        body = shown.text.partition("<body")[2]
        assert body.index('id="hide"') < body.index("<main"), name
        assert 'src="/static/participant/hide.js"' in shown.text, name
        assert shown.headers["cache-control"] == "no-store", name
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", shown.text), name


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


def test_who_has_no_chat_has_no_pages(world, anna, page):
    token = page.cookies["page"]
    assert link.visitor(world.here, token) is not None
    world.vault.destroy(anna.id)
    assert link.visitor(world.here, token) is None

"""A personal link to her pages: who may open them, for how long, and how they are hidden."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from ema.services import link
from ema.store.rows import table_of
from ema.store.tables import WebLink
from tests.web.linked.hands import asked_for, opened, secret

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
    assert "does not open anything" in refused.text
    assert second.get("/p/home").headers["location"] == "/p"
    assert opened(first, address).headers["location"] == "/p/home"
    assert first.get("/p/home").status_code == 200
    assert first.get("/p").headers["location"] == "/p/home"


def test_of_many_browsers_at_once_one_opens_it(world, anna):
    token = secret(asked_for(anna))
    with ThreadPoolExecutor(8) as browsers:
        opened_in = list(browsers.map(lambda _: link.open_link(world.here, token), range(8)))
    assert sum(session is not None for session in opened_in) == 1


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

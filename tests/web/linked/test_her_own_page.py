"""What is hers on a page without Telegram, a phone that others hold, and what it tells whoever looks over her shoulder."""

import json
import re
from html import unescape

import pytest

from ema.services import moving, pin
from tests.services.test_pin import PEER, RIGHT, WRONG
from tests.services.test_workers import take, works
from tests.web.linked.reader import CODE
from tests.web.linked.test_shared import read

EVERYTHING = re.compile(r"\b(mood|esteem|study|research|sex|survey)\b", re.IGNORECASE)


@pytest.fixture
def database_url(sqlite_url):
    return sqlite_url


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


def test_what_she_types_is_text_and_nothing_else(rosa):
    rosa.look()
    rosa.command("share").tap("Make a page", "How many check-ins, by week", "Next").type("<i>my</i> 'clinic\"")
    for _ in range(2):
        assert "<i>" not in rosa.html
        rosa.command("times").tap("Quiet hours", "Add quiet hours").type("<i>21:00</i>")


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


def test_a_form_of_another_site_does_nothing(rosa):
    for path in ("tap", "file", "slide", "answer", "leave", "help"):
        answer = rosa.client.post(f"/p/{path}", headers={"origin": "https://elsewhere.example"})
        assert answer.status_code == 403, path
    assert rosa.id is not None


def test_a_personal_link_from_the_chat_opens_no_account(anna, page):
    assert page.post("/p/tap", data={"once": "1", "command": "stop"}).status_code == 401
    assert page.post("/p/file", data={"order": "1"}).status_code == 303
    assert anna.row.standing == "active"

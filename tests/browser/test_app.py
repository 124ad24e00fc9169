"""The Mini App in a real Chromium: opened on the phone of the sandbox, by mouse and by keyboard, light and dark.

The sandbox's stand-in for Telegram's script is used. Where EMA_TEST_TELEGRAM_SCRIPT names a copy of Telegram's own
(`telegram-web-apps.js` of the npm package @twa-dev/sdk), the story is told with that one too.
"""

import os
import re
import sys
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from bot.sandbox import miniapp
from ema.web.participant import TELEGRAMS_SCRIPT
from tests.services.sliding import EASE, MOOD, kept

pytestmark = pytest.mark.browser

SLIDER = "Use a slider"
WHOLE = "All on one page"


@pytest.fixture
def phone(site, open_page):
    """Her phone, on the question."""
    return open_page(f"{site.url}/sandbox/phone/{site.anna.phone.id}")


@pytest.fixture
def alone(site, open_page):
    """The Mini App by itself, as wide as the whole screen."""

    def alone(**options):
        address = miniapp.launch(site.anna.phone, site.anna.last.id, SLIDER, dark=options.get("scheme") == "dark")
        page = open_page(address, **options)
        expect(page.get_by_role("slider")).to_be_attached()
        return page

    return alone


def opened(phone):
    phone.get_by_role("button", name=SLIDER).last.click()
    return phone.get_by_role("dialog", name="Notes")


def question(over):
    frame = over.locator("iframe").content_frame
    expect(frame.get_by_role("heading", name=EASE.text.say("en"))).to_be_visible()
    return frame


def slide(frame, share):
    line = frame.get_by_role("slider")
    box = line.bounding_box()
    line.click(position={"x": 16 + (box["width"] - 32) * share, "y": box["height"] / 2})  # a thumb is 32 wide


def test_she_slides_saves_and_the_chat_goes_on(site, phone):
    over = opened(phone)
    frame = question(over)
    expect(frame.get_by_text("Nothing is picked yet.")).to_be_visible()
    save = over.get_by_role("button", name="Save")
    expect(save).to_have_count(0)
    slide(frame, 0.73)
    expect(frame.get_by_text("You can still move it.")).to_be_visible()
    expect(frame.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile(r"^7[234] of 100$"))
    save.click()
    expect(over).to_have_count(0)
    ((_, revision, status, value),) = kept(site.anna)
    assert (revision, status) == (1, "answered")
    assert 72 <= int(value.removesuffix("/100")) <= 74
    site.rest()
    expect(phone.get_by_text("2 of 3")).to_be_visible()
    assert phone.complaints == []


def test_by_keyboard_alone(site, phone):
    phone.get_by_role("button", name=SLIDER).last.focus()
    phone.keyboard.press("Enter")
    over = phone.get_by_role("dialog", name="Notes")
    frame = question(over)
    expect(frame.get_by_role("heading")).to_be_focused()
    phone.keyboard.press("Tab")
    expect(frame.get_by_role("slider")).to_be_focused()
    phone.keyboard.press("End")
    phone.keyboard.press("ArrowLeft")
    expect(frame.get_by_role("slider")).to_have_attribute("aria-valuetext", "99 of 100")
    for name in ("Skip this one", "Prefer not to say"):
        phone.keyboard.press("Tab")
        expect(frame.get_by_role("button", name=name)).to_be_focused()
    phone.keyboard.press("Tab")
    expect(over.get_by_role("button", name="Save")).to_be_focused()
    phone.keyboard.press("Enter")
    expect(over).to_have_count(0)
    expect(phone.get_by_role("log")).to_be_focused()
    assert kept(site.anna) == [("ease", 1, "answered", "99/100")]


def test_the_very_middle_is_an_answer_too(site, phone):
    over = opened(phone)
    frame = question(over)
    slide(frame, 0.5)
    expect(frame.get_by_role("slider")).to_have_attribute("aria-valuetext", "50 of 100")
    over.get_by_role("button", name="Save").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == [("ease", 1, "answered", "50/100")]


def test_she_can_leave_it_out_or_just_go_back(site, phone):
    over = opened(phone)
    question(over)
    over.get_by_role("button", name="Back").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == []
    over = opened(phone)
    question(over).get_by_role("button", name="Prefer not to say").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == [("ease", 1, "prefer_not", None)]


def test_a_whole_check_in_on_one_page(site, phone):
    phone.get_by_role("button", name=WHOLE).last.click()
    over = phone.get_by_role("dialog", name="Notes")
    frame = over.locator("iframe").content_frame
    expect(frame.get_by_role("group")).to_have_count(3)
    slide(frame.get_by_role("group", name=EASE.text.say("en")), 1)
    frame.get_by_role("group", name=MOOD.text.say("en")).get_by_role("radio", name="5").check()
    over.get_by_role("button", name="Send").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == [
        ("ease", 1, "answered", "100/100"),
        ("rest", 1, "skipped", None),
        ("wb_mood", 1, "answered", 5),
    ]
    site.rest()
    expect(phone.get_by_text("Thank you")).to_be_visible()
    assert phone.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_on_the_page_shuts_anybody_out(site, open_page, scheme):
    address = miniapp.launch(site.anna.phone, site.anna.last.id, WHOLE, dark=scheme == "dark")
    page = open_page(address, width=320, scheme=scheme)
    expect(page.get_by_role("group")).to_have_count(3)
    seven = page.get_by_role("group", name=MOOD.text.say("en")).locator(".short label")
    assert len({each.bounding_box()["y"] for each in seven.all()}) == 1, "a scale is one row"
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_when_the_net_is_gone_nothing_is_lost(site, phone):
    phone.route("**/app/question", lambda route: route.abort())
    over = opened(phone)
    frame = over.locator("iframe").content_frame
    expect(frame.get_by_text("That did not get through.")).to_be_visible()
    phone.unroute("**/app/question")
    frame.get_by_role("button", name="Try again").click()
    question(over)
    phone.route("**/app/answer", lambda route: route.abort())
    slide(frame, 0)
    over.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("alert")).to_contain_text("Please try again.")
    phone.unroute("**/app/answer")
    over.get_by_role("button", name="Save").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == [("ease", 1, "answered", "0/100")]


def test_what_is_over_is_said_kindly(site, phone):
    over = opened(phone)
    frame = question(over)
    site.do(lambda: site.world.wait(days=1))
    slide(frame, 0.2)
    over.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("heading", name="This one has closed. That’s fine.")).to_be_visible()
    expect(over.get_by_role("button", name="Save")).to_have_count(0)
    frame.get_by_role("button", name="Close").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == []


def test_outside_telegram_it_only_says_where_to_open_it(site, open_page):
    page = open_page(f"{site.url}/app")
    expect(page.get_by_role("heading", name="open it from the chat again")).to_be_visible()
    assert page.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_narrow_and_large(alone, scheme):
    page = alone(width=320, height=640, scheme=scheme)
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == scheme
    for size in ("100%", "200%"):
        page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        for touched in (False, True):
            if touched:
                slide(page, 0.4)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        small = page.evaluate(
            "[...document.querySelectorAll('button, input')]"
            ".filter(each => each.offsetParent && each.offsetHeight < 44).map(each => each.outerHTML)"
        )
        assert not small
    assert page.complaints == []


def test_the_phone_around_it_is_accessible_too(site, open_page):
    for scheme in ("light", "dark"):
        page = open_page(f"{site.url}/sandbox/phone/{site.anna.phone.id}", 320, 640, scheme)
        frame = question(opened(page))
        slide(frame, 0.9)
        expect(page.get_by_role("button", name="Save")).to_be_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_finger_slides_as_a_mouse_does(alone, site):
    page = alone(has_touch=True, is_mobile=True)
    line = page.get_by_role("slider").bounding_box()
    page.touchscreen.tap(line["x"] + line["width"] / 2, line["y"] + line["height"] / 2)
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", re.compile(r"^(49|50|51) of 100$"))


def test_with_telegrams_own_script(site, open_page, request):
    named = os.environ.get("EMA_TEST_TELEGRAM_SCRIPT")
    if named is None:
        reason = "NO SCRIPT OF TELEGRAM'S: the Mini App is tested with the stand-in only (set EMA_TEST_TELEGRAM_SCRIPT)"
        with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stderr.write(f"\n{reason}\n")
        pytest.skip(reason)
    site.serve(TELEGRAMS_SCRIPT)

    def serve(page):
        body = Path(named).read_text(encoding="utf-8")
        page.route(TELEGRAMS_SCRIPT, lambda route: route.fulfill(body=body, content_type="text/javascript"))

    phone = open_page(f"{site.url}/sandbox/phone/{site.anna.phone.id}", prepare=serve)
    over = opened(phone)
    frame = question(over)
    slide(frame, 1)
    over.get_by_role("button", name="Save").click()
    expect(over).to_have_count(0)
    assert kept(site.anna) == [("ease", 1, "answered", "100/100")]
    # in Telegram's web client it would style the scroll bars by a <style> of its own, which our policy refuses
    assert all("inline style" in complaint for complaint in phone.complaints)

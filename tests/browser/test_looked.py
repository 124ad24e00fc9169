"""Taking part without Telegram, in a real Chromium on a small phone: from a QR code to an answer, and hidden."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_link import ELSEWHERE, tap, weather

pytestmark = pytest.mark.browser


@pytest.fixture
def at_the_door(site, open_page):
    """The address of an invitation is open."""

    def at_the_door(**options):
        code = site.do(lambda: site.world.invite()[0])
        return open_page(f"{site.url}/p#{code}", 360, 740, prepare=weather, **options)

    return at_the_door


def join(page):
    tap(page, "Open", "Next", "Yes", "Yes", "Yes, I want to take part", "Yes")
    tap(page, "About 3 pm and 9.30 pm", "London", "Not now")
    expect(page.get_by_role("heading", name="Nothing to do now.")).to_be_visible()


def in_order(page):
    """Nothing to be heard wrongly, and nothing beside the screen."""
    assert Axe().run(page).response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_from_the_code_to_an_answer(site, at_the_door):
    page = at_the_door(scheme="dark")
    assert page.url == f"{site.url}/p", "the code has left the address"
    in_order(page)
    join(page)
    in_order(page)
    page.get_by_text("Menu").click()
    in_order(page)
    site.do(lambda: site.world.wait(hours=26))
    page.goto(f"{site.url}/p/home")
    expect(page.get_by_text("You have a note.")).to_be_visible()
    in_order(page)
    tap(page, "Start", "Use a slider")
    line = page.get_by_role("slider")
    line.focus()
    line.press("ArrowRight")
    tap(page, "Save")
    expect(page.get_by_text("2 of 3")).to_be_visible()
    in_order(page)
    tap(page, "5", "7")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert page.title() == "Check-ins"
    assert page.complaints == []


def test_hiding_leaves_a_door_and_her_pin_covers_the_page_by_itself(site, at_the_door):
    page = at_the_door()
    join(page)
    tap(page, "PIN and new phone", "Set a PIN", *"25802580")
    expect(page.get_by_text("Your PIN is set.")).to_be_visible()
    in_order(page)
    page.clock.install()
    page.goto(f"{site.url}/p/home")
    site.do(lambda: site.world.wait(minutes=11))
    page.clock.run_for("10:02")
    expect(page.get_by_text("Please tap your PIN.")).to_be_visible()
    tap(page, *"2580")
    page.get_by_role("link", name="Hide this").click()
    page.wait_for_url(f"{ELSEWHERE}**")
    page.go_back()
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    expect(page.get_by_text("PIN")).to_have_count(0)
    tap(page, "Open")
    expect(page.get_by_text("Please tap your PIN.")).to_be_visible()

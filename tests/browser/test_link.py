"""Her pages by a personal link, and hiding them, in a real Chromium: narrow, large, light and dark, by keyboard."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from bot.sandbox import miniapp
from ema.config import Settings
from tests.browser.test_app import slide
from tests.services.sliding import EASE, MOOD, kept

pytestmark = pytest.mark.browser

ELSEWHERE = Settings(_env_file=None).exit_url
HIDE = "Hide this"


def address(site):
    def asked():
        site.anna.write("/link")
        site.anna.tap("For one day")
        return next(one.url for row in site.anna.last.buttons for one in row if one.label == "Open my pages")

    return site.do(asked)


@pytest.fixture
def at_home(open_page):
    """Her pages, opened by a link. Somewhere else is a page of one line."""

    def at_home(site, **options):
        page = open_page(address(site), prepare=weather, **options)
        page.get_by_role("button", name="Open").click()
        expect(page.get_by_role("button", name="All settings")).to_be_visible()
        return page

    return at_home


def weather(page):
    page.route(
        f"{ELSEWHERE}**", lambda route: route.fulfill(body="<title>Weather</title>Sunny", content_type="text/html")
    )


def tap(page, *names):
    for name in names:
        page.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("[aria-busy]")).to_have_count(0)
        page.wait_for_load_state("networkidle")


def nothing_of_hers(page):
    expect(page.get_by_text("This opens your pages in this browser.")).to_be_visible()


# --- the link


def test_the_secret_leaves_the_address_and_the_history_at_once(site, open_page):
    page = open_page(address(site))
    expect(page.get_by_role("button", name="Open")).to_be_visible()
    assert page.url == f"{site.url}/p"
    page.get_by_role("button", name="Open").click()
    expect(page.get_by_role("button", name="All settings")).to_be_visible()
    assert page.url == f"{site.url}/p/home"
    assert page.evaluate("document.cookie") == ""
    page.go_back()
    assert "#" not in page.url
    assert page.complaints == []


def test_a_check_in_is_finished_here_and_is_one_record(site, at_home):
    page = at_home(site)
    tap(page, "Go on")
    slide(page.get_by_role("group", name=EASE.text.say("en")), 1)
    page.get_by_role("group", name=MOOD.text.say("en")).get_by_role("radio", name="5").check()
    tap(page, "Send")
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert kept(site.anna) == [
        ("ease", 1, "answered", "100/100"),
        ("rest", 1, "skipped", None),
        ("wb_mood", 1, "answered", 5),
    ]
    tap(page, "Menu")
    expect(page.get_by_role("button", name="All settings")).to_be_visible()
    assert page.complaints == []


def test_it_all_works_without_a_script(site, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    weather(page)
    page.goto(f"{site.url}/p")
    page.get_by_label("Your link or code").fill(address(site))
    tap(page, "Open", "All settings", "How notes look", "Without a sound")
    expect(page.get_by_role("button", name="With a sound")).to_be_visible()
    page.get_by_role("link", name=HIDE).click()
    expect(page.get_by_text("Sunny")).to_be_visible()
    page.goto(f"{site.url}/p/home")
    nothing_of_hers(page)
    context.close()


# --- hiding


@pytest.mark.parametrize("how", ["tap", "Escape", "Shift Shift Shift", "keyboard"])
def test_hiding_leaves_nothing_to_go_back_to(site, at_home, how):
    page = at_home(site)
    tap(page, "All settings", "My times")
    if how == "tap":
        page.get_by_role("link", name=HIDE).click()
    elif how == "keyboard":  # the first that Tab reaches on a page
        page.reload()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=HIDE)).to_be_focused()
        page.keyboard.press("Enter")
    else:
        for key in how.split():
            page.keyboard.press(key)
    expect(page.get_by_text("Sunny")).to_be_visible()
    assert page.title() == "Weather"
    page.go_back()
    nothing_of_hers(page)
    page.go_forward()
    page.go_back()
    nothing_of_hers(page)
    assert "times" not in page.content()


def test_it_stays_in_view_wherever_she_is_on_a_page(site, at_home):
    page = at_home(site, width=360, height=500)
    tap(page, "All settings", "My times", "Quiet hours", "Add quiet hours")
    page.mouse.wheel(0, 2000)
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    expect(page.get_by_role("link", name=HIDE)).to_be_in_viewport()


def test_in_the_mini_app_it_leads_away_too(site, open_page):
    page = open_page(launched(site, "Use a slider"), prepare=weather)
    expect(page.get_by_role("slider")).to_be_attached()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Sunny")).to_be_visible()
    assert page.evaluate("history.length") <= 2


def test_inside_telegrams_web_page_it_closes_the_frame_since_others_wont_be_framed(site, open_page):
    phone = open_page(f"{site.url}/sandbox/phone/{site.anna.phone.id}")
    phone.get_by_role("button", name="Use a slider").last.click()
    over = phone.get_by_role("dialog", name="Notes")
    frame = over.locator("iframe").content_frame
    expect(frame.get_by_role("slider")).to_be_attached()  # its scripts run
    frame.get_by_role("link", name=HIDE).click()
    expect(over).to_have_count(0)
    assert phone.complaints == []


def launched(site, label, **options):
    message = next(each for each in reversed(site.anna.phone.messages()) if label in each.labels)
    return miniapp.launch(site.anna.phone, message.id, label, **options)


# --- settings and chart


def test_settings_in_the_mini_app_by_telegrams_own_buttons(drawn, open_page):
    drawn.do(lambda: drawn.anna.write("/start"))
    phone = open_page(f"{drawn.url}/sandbox/phone/{drawn.anna.phone.id}")
    phone.get_by_role("button", name="Settings on a page").last.click()
    over = phone.get_by_role("dialog", name="Notes")
    frame = over.locator("iframe").content_frame
    for name in ("How notes look", "A word of my own"):
        frame.get_by_role("button", name=name).click()
    save = over.get_by_role("button", name="Save")
    expect(save).to_have_count(0)
    frame.get_by_label("Type it here.").fill("a lamp")
    save.click()
    expect(frame.get_by_text("a lamp")).to_be_visible()
    over.get_by_role("button", name="Back").click()
    frame.get_by_role("button", name="My answers as a picture").click()
    expect(frame.get_by_role("img")).to_be_visible()
    over.get_by_role("button", name="Back").click()
    expect(frame.get_by_role("button", name="My times")).to_be_visible()
    over.get_by_role("button", name="Back").click()
    expect(over).to_have_count(0)
    assert phone.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_for_everybody_and_small(drawn, at_home, scheme, tmp_path):
    bytes_loaded = []
    page = at_home(drawn, width=360, height=740, scheme=scheme)
    page.on("response", lambda answer: bytes_loaded.append(len(answer.body())))
    walk = [
        (),
        ("My answers as a picture",),
        ("Back", "All settings"),
        ("My times",),
        ("Quiet hours", "Add quiet hours"),
        ("Back", "Carry on", "Help"),
        ("Carry on", "Check in now"),
    ]
    for at, steps in enumerate(walk):
        tap(page, *steps)
        for size in ("100%", "200%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=tmp_path / f"{scheme}-{at}-{size.strip('%')}.png", full_page=True)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            small = page.evaluate(
                "[...document.querySelectorAll('button, input[type=text], label, a')]"
                ".filter(each => each.offsetHeight < 44).map(each => each.outerHTML)"
            )
            assert not small
        page.evaluate("document.documentElement.style.fontSize = ''")
    page.reload()
    page.wait_for_load_state("networkidle")
    assert max(bytes_loaded) < 120_000
    assert page.complaints == []

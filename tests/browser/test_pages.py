"""The staff's pages in a real Chromium: whole, readable on a phone, without a policy violation, by keyboard too."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from bot.sandbox import serve_in_thread
from ema.store.engine import open_database
from ema.store.vault import open_vault
from ema.web.app import create_app
from tests.web import factories

pytestmark = pytest.mark.browser

STUDY = "/studies/twice_daily"
PAGES = {
    "researcher": [
        "/studies",
        STUDY,
        f"{STUDY}/plan",
        f"{STUDY}/participants",
        f"{STUDY}/participants/P-anise",
        "/study-file",
        "/docs",
    ],
    "peer": ["/peers"],
    "lead": ["/calls"],
    "admin": ["/staff", "/health"],
}


@pytest.fixture(scope="module")
def site(tmp_path_factory, _sqlite_template):
    """The pages of a simulated study on a port, and the installation behind them."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copyfile(_sqlite_template, folder / "ema.sqlite")
    database = open_database(f"sqlite:///{folder / 'ema.sqlite'}", durable=False)
    vault = open_vault(f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key")
    here = factories.installation(database, vault)
    factories.crowd(here, simulated=True)
    url, stop = serve_in_thread(create_app(here))
    yield url, here
    stop()
    database.close()
    vault.close()


@pytest.fixture(scope="module")
def signed_in(browser, site):
    """Role → the cookies of somebody who signed in by a link."""
    url, here = site
    states = {}
    for role in PAGES:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{url}/sign-in/{factories.link(here, role)}")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        states[role] = context.storage_state()
        context.close()
    return states


@pytest.fixture
def open_page(browser, site, signed_in):
    """Open a page as a role. What the browser complains about ends in `complaints`."""
    contexts = []

    def open_as(role, path, width=1280, scheme="light"):
        context = browser.new_context(
            storage_state=signed_in[role], viewport={"width": width, "height": 800}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{site[0]}{path}")
        expect(page.locator(".waiting")).to_have_count(0, timeout=30_000)
        return page

    yield open_as
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("role", "path"), [(role, path) for role, paths in PAGES.items() for path in paths])
def test_pages_are_sound_on_a_phone_and_on_a_desk(open_page, role, path):
    for width, scheme in ((360, "dark"), (1280, "light")):
        page = open_page(role, path, width, scheme)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "it scrolls sideways"
        assert page.complaints == []


def test_the_study_fills_itself_in(open_page):
    page = open_page("researcher", STUDY)
    expect(page.get_by_text("SIMULATED").first).to_be_visible()
    for words in ("Answered of planned", "Change per day", "Compliance by every denominator"):
        expect(page.get_by_text(words).first).to_be_attached()
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("one => one.naturalWidth") > 0
        assert len(picture.get_attribute("alt")) > 20


def test_a_contact_is_recorded_by_keyboard_on_a_phone(open_page):
    page = open_page("peer", "/peers", 360)
    card = page.locator("#p-P-cumin")
    card.get_by_text("Record a contact").focus()
    page.keyboard.press("Enter")
    card.get_by_label("Left a message").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#p-P-cumin").get_by_text("contacted recently")).to_be_visible()
    expect(page.locator("#p-P-cumin").get_by_text("Left a message").first).to_be_attached()


def test_the_plan_follows_her_choices_by_keyboard(open_page):
    page = open_page("researcher", f"{STUDY}/plan?first=2026-03-27", 360)
    expect(page.get_by_text("Her windows: afternoon 15:00–15:30")).to_be_visible()
    page.get_by_role("combobox", name="Hours").focus()
    page.keyboard.press("End")
    expect(page.get_by_text("Her windows: afternoon 17:00–17:30, evening 03:00–03:30.")).to_be_visible()
    page.get_by_text("Other hours for a window").focus()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="evening").get_by_label("from").fill("04:00")
    expect(page.get_by_text("Write both ends of evening")).to_be_visible()
    page.get_by_role("group", name="evening").get_by_label("to", exact=True).fill("04:20")
    page.keyboard.press("Tab")
    expect(page.get_by_text("evening 04:00–04:20.")).to_be_visible()
    for picture in page.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", value=True)
        assert picture.evaluate("one => one.naturalWidth") > 0
        assert len(picture.get_attribute("alt")) > 20
    assert page.complaints == []


def test_a_file_is_checked_before_it_is_loaded(open_page):
    page = open_page("researcher", "/study-file", 360)
    page.get_by_label("The file’s text").fill("id: mine\nformat: 1\nquestionnaires: [nothing]\n")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("there is no nothing.yaml")).to_be_visible()
    expect(page.get_by_label("The file’s text")).to_have_value("id: mine\nformat: 1\nquestionnaires: [nothing]\n")
    assert page.complaints == []


def test_the_skip_link_comes_first(open_page):
    page = open_page("peer", "/peers")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_data_are_downloaded_with_a_codebook(open_page, tmp_path):
    page = open_page("researcher", STUDY)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download with codebook").click()
    assert download.value.suggested_filename == "twice_daily_csv.zip"

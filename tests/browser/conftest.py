"""A real Chromium: the system's, or Playwright's own. Where there is none, that is said loudly."""

import os
import shutil
import sys
import warnings
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.browser.site import Site
from tests.services.hers import answered, charts

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps, for who is allowed to listen
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def _chromium(playwrights_own: str) -> str | None:
    named = os.environ.get("EMA_TEST_CHROMIUM")
    if named:
        return named
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (playwrights_own if Path(playwrights_own).exists() else None)


@pytest.fixture(scope="module")  # its event loop would be in the way of every later test
def browser(request):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # playwright's own, at start and stop
        with sync_playwright() as playwright:
            path = _chromium(playwright.chromium.executable_path)
            if path is None:
                if os.environ.get("EMA_TEST_REQUIRE_BROWSER") == "1":
                    pytest.fail("browser tests are required, and there is no Chromium: set EMA_TEST_CHROMIUM")
                reason = "NO CHROMIUM: nothing is tested in a browser (set EMA_TEST_CHROMIUM)"
                with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
                    sys.stderr.write(f"\n{reason}\n")
                pytest.skip(reason)
            browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            yield browser
            browser.close()


@pytest.fixture
def open_page(browser):
    """Open pages. What the browser complains about ends in `complaints`."""
    contexts = []

    def open_page(url, width=400, height=800, scheme="light", prepare=lambda _: None, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        prepare(page)
        page.complaints = []
        page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def site_of(sqlite_url, vault, clock, tmp_path, monkeypatch):
    """Opens a site with a study."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    made = []

    def opened(*study):
        made.append(Site(sqlite_url, vault, clock, tmp_path, *study))
        return made[-1]

    yield opened
    for site in made:
        site.close()


@pytest.fixture
def site(site_of):
    """She is in the middle of a check-in with lines to slide on."""
    return site_of()


@pytest.fixture
def drawn(site_of):
    """She has answered often enough for a picture."""
    made = site_of(charts("wb_state", "se_state"))
    made.do(lambda: (made.anna.tap(*"4444444"), answered(made.anna, *"35675")))
    return made

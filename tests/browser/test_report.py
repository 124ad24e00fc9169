"""The report in a real Chromium: on a phone, on a desk, in print."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from ema.services import printing
from tests.report import written

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(written.page(1), encoding="utf-8")
    return path.as_uri()


@pytest.mark.parametrize("width", [360, 1200])
def test_it_is_sound_on_a_phone_and_on_a_desk(open_page, file, width):
    page = open_page(file, width=width)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "it scrolls sideways"
    assert page.evaluate("document.querySelector('svg path').getBoundingClientRect().width") > 0
    assert page.evaluate("getComputedStyle(document.querySelector('.tiles')).display") == "grid", "styles are let in"
    assert page.complaints == []


def test_what_stands_behind_is_open_on_paper(open_page, file):
    page = open_page(file)
    shown = "[...document.querySelectorAll('details table')].map(one => one.checkVisibility())"
    assert not any(page.evaluate(shown))
    page.emulate_media(media="print")
    assert all(page.evaluate(shown))


def test_it_is_printed_as_a_tagged_pdf(browser, monkeypatch):
    """By the product's own way, with the browser that the tests have found."""
    if printing.chromium() is None:
        monkeypatch.setattr(printing, "chromium", lambda: browser.browser_type.executable_path)
    printed = printing.pdf(written.page(1))
    assert printed.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type ?/Page\b", printed)) > 5
    assert b"/StructTreeRoot" in printed

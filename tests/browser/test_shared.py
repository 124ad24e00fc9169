"""A page that she lets go to a service, in a real Chromium: for everybody, small, and with no secret in its address."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


@pytest.fixture
def address(drawn):
    def copied():
        drawn.anna.write("/share")
        drawn.anna.tap(
            "Make a page", "How to reach me", "How many check-ins, by week", "My answers as a picture", "Next"
        )
        drawn.anna.write("my clinic")
        drawn.anna.tap("For one week", "Make this page")
        return next(one.url for row in drawn.anna.last.buttons for one in row if one.label == "Copy the address")

    return drawn.do(copied)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_for_everybody_and_small_and_its_address_tells_nothing(drawn, address, open_page, scheme):
    sizes = []
    page = open_page(address, width=360, height=740, scheme=scheme)
    page.on("response", lambda answer: sizes.append(len(answer.body())))
    for heading in ("Somebody gave you a note to read.", "This comes from the person it is about."):
        expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
        assert (page.title(), "#" in page.url) == ("A note", False)
        for size in ("100%", "200%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
        page.evaluate("document.documentElement.style.fontSize = ''")
        if page.get_by_role("button").count():
            page.get_by_role("button", name="Open").focus()
            page.keyboard.press("Enter")
            page.wait_for_load_state("networkidle")
    expect(page.get_by_role("img", name="A picture.")).to_be_visible()
    assert page.url == f"{drawn.url}/s/open"
    assert page.evaluate("document.cookie") == ""
    assert max(sizes) < 120_000
    assert page.complaints == []

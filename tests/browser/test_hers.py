"""What she is sent to look at and to take along, in a real Chromium: covered until she wants it, and hers to keep."""

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import test_phone
from tests.sandbox.test_files import png

pytestmark = pytest.mark.browser

world, open_page = test_phone.world, test_phone.open_page
WORDS = "From 6 sets so far. Lowest 2, highest 6."


@pytest.fixture
def page(world, open_page):
    phone = world.sandbox.new_phone("Ada")
    phone.start()
    for method, part, file, more in (
        ("sendPhoto", "photo", ("picture.png", png(300, 200), "image/png"), {"has_spoiler": "true", "caption": WORDS}),
        ("sendDocument", "document", ("copy.html", b"<h1>Yours</h1>", "text/html"), {}),
    ):
        url = f"{world.url}/bot{test_phone.TOKEN}/{method}"
        assert httpx.post(url, data={"chat_id": phone.id, **more}, files={part: file}).status_code == 200
    return open_page(f"{world.url}/sandbox/phone/{phone.id}")


def test_a_picture_is_covered_until_it_is_tapped_and_has_words(page):
    cover = page.get_by_role("button", name="Hidden photo, show it")
    expect(page.get_by_text(WORDS)).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    cover.press("Enter")
    expect(cover).to_have_count(0)
    image = page.get_by_role("img", name="Photo")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 300
    assert Axe().run(page).response["violations"] == []


def test_a_file_is_a_link_that_saves_it_under_its_name(page):
    with page.expect_download() as saving:
        page.get_by_role("link", name="copy.html").click()
    assert saving.value.suggested_filename == "copy.html"
    assert saving.value.path().read_bytes() == b"<h1>Yours</h1>"

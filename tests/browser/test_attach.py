"""What she sends and does not type, in a real Chromium: a photo, a voice message, a place."""

import struct

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser import test_phone
from tests.sandbox.test_files import png

pytestmark = pytest.mark.browser

world, open_page = test_phone.world, test_phone.open_page


@pytest.fixture
def phone(world):
    phone = world.sandbox.new_phone("Ada")
    phone.start()
    phone.delete_chat()
    phone.send("Hello")
    world.updates()
    return phone


@pytest.fixture
def open_phone(world, phone, open_page):
    return lambda **how: open_page(f"{world.url}/sandbox/phone/{phone.id}", **how)


def attach(page, what):
    page.get_by_role("button", name="Attach", exact=True).click()
    page.get_by_role("button", name=what, exact=True).click()


def fetched(world, file_id):
    path = world.call("getFile", file_id=file_id)["file_path"]
    return httpx.get(f"{world.url}/file/bot{test_phone.TOKEN}/{path}").content


def samples_in(ogg):
    """How many samples an Ogg file lasts; each page has its mark, its place and a sum that is right."""
    number = samples = 0
    while ogg:
        assert ogg[:5] == b"OggS\0"
        samples, _, sequence, checksum = struct.unpack("<QIII", ogg[6:26])
        length = 27 + ogg[26] + sum(ogg[27 : 27 + ogg[26]])
        assert sequence == number
        assert checksum == ogg_sum(ogg[:22] + bytes(4) + ogg[26:length])
        ogg, number = ogg[length:], number + 1
    return samples


def ogg_sum(page):
    value = 0
    for byte in page:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


def test_a_photo_is_made_as_small_as_apps_make_it(world, phone, open_phone):
    page = open_phone()
    with page.expect_file_chooser() as choosing:
        attach(page, "Photo")
    choosing.value.set_files({"name": "Ada at home.png", "mimeType": "image/png", "buffer": png(2560, 1000)})
    expect(page.get_by_role("img", name="Photo")).to_be_visible()
    (update,) = world.updates()
    photo = update["message"]["photo"][-1]
    assert (photo["width"], photo["height"]) == (1280, 500)
    assert fetched(world, photo["file_id"]).startswith(b"\xff\xd8\xff")
    assert "home" not in str(update)
    assert page.evaluate("document.querySelector('.photo img').naturalWidth") == 1280


def test_what_is_no_picture_is_said_and_not_sent(phone, open_phone):
    page = open_phone()
    page.locator("#photo-file").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"words"})
    expect(page.get_by_role("status").filter(has_text="This file is no picture")).to_be_visible()
    assert len(phone.messages()) == 1


def test_a_voice_message_is_recorded_as_ogg_and_can_be_heard(world, phone, open_phone):
    page = open_phone()
    page.context.grant_permissions(["microphone"])
    attach(page, "Voice message")
    dialog = page.get_by_role("dialog", name="Voice message")
    dialog.get_by_role("button", name="Record").click()
    expect(dialog.get_by_text("0:02")).to_be_visible()
    dialog.get_by_role("button", name="Stop and send").click()
    play = page.get_by_role("button", name="Play the voice message")
    expect(play).to_be_visible()
    (update,) = world.updates()
    voice = update["message"]["voice"]
    seconds = samples_in(fetched(world, voice["file_id"])) / 48_000
    assert 2 <= seconds < 6  # it is at least what the clock has shown; a busy machine is late to stop
    assert (voice["duration"], voice["mime_type"]) == (round(seconds), "audio/ogg")
    play.click()
    expect(page.get_by_role("button", name="Pause the voice message")).to_be_visible()
    expect(play).to_be_visible(timeout=10_000)
    lasted = """async (source) => {
        const sound = new OfflineAudioContext(1, 1, 48000);
        const heard = await sound.decodeAudioData(await (await fetch(source)).arrayBuffer());
        return [heard.duration, Math.max(...heard.getChannelData(0))];
    }"""
    duration, loudest = page.evaluate(lasted, f"{world.url}/sandbox/file/{voice['file_id']}")
    assert duration == pytest.approx(seconds, abs=0.1)
    assert loudest > 0.01  # the fake microphone beeps


def test_without_a_microphone_silence_can_be_sent(world, phone, open_phone):
    page = open_phone()
    attach(page, "Voice message")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Send silence").click()
    expect(page.get_by_role("button", name="Play the voice message, 0:02")).to_be_visible()
    (update,) = world.updates()
    assert update["message"]["voice"]["duration"] == 2
    assert samples_in(fetched(world, update["message"]["voice"]["file_id"])) == 2 * 48_000


def test_a_place_by_keyboard_alone(world, phone, open_phone):
    page = open_phone()
    page.get_by_label("Message", exact=True).focus()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Attach")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Photo", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Attach")).to_be_focused()
    expect(page.get_by_role("button", name="Photo", exact=True)).to_have_count(0)
    for key in ("Enter", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_label("Latitude")).to_be_focused()
    page.get_by_label("Longitude").fill("-0.5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("log")).to_contain_text("51.50806, -0.5")
    expect(page.get_by_role("button", name="Attach")).to_be_focused()
    (update,) = world.updates()
    assert update["message"]["location"] == {"latitude": 51.50806, "longitude": -0.5}


def test_there_is_no_such_place(phone, open_phone):
    page = open_phone()
    attach(page, "Place")
    page.get_by_label("Latitude").fill("91")
    page.get_by_role("button", name="Send this place").click()
    expect(page.get_by_role("dialog", name="Place")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert len(phone.messages()) == 1


def test_what_was_given_up_is_not_sent(phone, open_phone):
    page = open_phone()
    page.context.grant_permissions(["microphone"])
    attach(page, "Voice message")
    page.get_by_role("button", name="Record").click()
    expect(page.get_by_role("button", name="Stop and send")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    attach(page, "Place")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    assert len(phone.messages()) == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_and_narrow(world, phone, open_phone, scheme):
    world.call("setMyCommands", commands=[{"command": "help", "description": "Get help"}])
    phone.send_voice(b"OggS", 65)
    phone.send_photo(png(300, 200))
    phone.send_location(-51.5080612, -179.1280612)
    page = open_phone(width=320, height=640, scheme=scheme)
    expect(page.get_by_role("button", name="Play the voice message, 1:05")).to_be_visible()

    def check():
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        small = page.evaluate(
            """[...document.querySelectorAll('button, input')]
               .filter((each) => each.checkVisibility() && Math.min(each.offsetHeight, each.offsetWidth) < 44)
               .map((each) => each.outerHTML)"""
        )
        assert not small
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    check()
    page.get_by_role("button", name="Attach", exact=True).click()
    check()
    page.keyboard.press("Escape")
    for what in ("Voice message", "Place"):
        attach(page, what)
        check()
        page.keyboard.press("Escape")

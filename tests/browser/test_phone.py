"""The phone in a real Chromium: what a visitor sees and does, by mouse and by keyboard."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from bot.sandbox import BotAccount, create_sandbox, serve_in_thread
from tests.sandbox.oracle import check_request, check_response

pytestmark = pytest.mark.browser

TOKEN = "4242:a-token"
YES_NO = {"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "No", "callback_data": "n"}]]}


class World:
    """A sandbox on a port, its clock, and a bot played by the test."""

    def __init__(self):
        self.time = datetime(2026, 5, 12, 13, 32, tzinfo=UTC)
        account = BotAccount(TOKEN, "quiet_bot", "Quiet", description="What this bot is for.")
        self.sandbox = create_sandbox(
            None, self.now, tokens=[account], time_controls=self, on_request=check_request, on_response=check_response
        )
        self.url, self.stop = serve_in_thread(self.sandbox.app)

    def now(self):
        return self.time

    async def jump(self, target):
        self.time += timedelta(hours=6)
        return "One prompt was sent."

    def call(self, method, **params):
        answer = httpx.post(f"{self.url}/bot{TOKEN}/{method}", json=params).json()
        assert answer["ok"], answer
        return answer["result"]

    def updates(self):
        updates = self.call("getUpdates", timeout=5)
        self.call("getUpdates", offset=updates[-1]["update_id"] + 1)
        return updates


@pytest.fixture
def world():
    world = World()
    yield world
    world.sandbox.close()
    world.stop()
    assert not world.sandbox.violations


@pytest.fixture
def open_page(browser):
    """Open pages that may not complain: no script errors, nothing refused by the security policy."""
    complaints, contexts = [], []

    def open_page(url, width=400, height=800, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def test_start_tap_and_edit_in_place(world, open_page):
    page = open_page(f"{world.url}/sandbox/new?name=Ada")
    expect(page.get_by_text("What this bot is for.")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    (update,) = world.updates()
    chat_id = update["message"]["chat"]["id"]
    sent = world.call("sendMessage", chat_id=chat_id, text="Well?", reply_markup=YES_NO)
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("button", name="Yes")).to_have_attribute("aria-busy", "true")
    (update,) = world.updates()
    assert update["callback_query"]["data"] == "y"
    world.call("answerCallbackQuery", callback_query_id=update["callback_query"]["id"], text="Saved")
    world.call("editMessageText", chat_id=chat_id, message_id=sent["message_id"], text="Next?", reply_markup=YES_NO)
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(page.get_by_text("Next?")).to_be_visible()
    expect(page.get_by_text("edited")).to_be_visible()
    expect(page.get_by_role("button", name="Yes")).not_to_have_attribute("aria-busy", "true")
    expect(page.get_by_role("button", name="Yes")).to_be_focused()
    world.call("deleteMessage", chat_id=chat_id, message_id=sent["message_id"])
    expect(page.get_by_text("Next?")).to_have_count(0)


def test_an_alert_must_be_closed(world, open_page):
    phone = world.sandbox.new_phone()
    phone.start()
    page = open_page(f"{world.url}/sandbox/phone/{phone.id}")
    message = world.call("sendMessage", chat_id=phone.id, text="?", reply_markup=YES_NO)
    page.get_by_role("button", name="No").click()
    query = world.updates()[-1]["callback_query"]
    assert query["message"]["message_id"] == message["message_id"]
    world.call("answerCallbackQuery", callback_query_id=query["id"], text="Sure?", show_alert=True)
    expect(page.get_by_role("dialog")).to_contain_text("Sure?")
    page.get_by_role("button", name="OK").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_writing_and_commands_by_keyboard(world, open_page):
    commands = [{"command": "help", "description": "Get help"}, {"command": "hide", "description": "Clear the chat"}]
    world.call("setMyCommands", commands=commands)
    phone = world.sandbox.new_phone()
    phone.start()
    page = open_page(f"{world.url}/sandbox/phone/{phone.id}")
    text = page.get_by_label("Message", exact=True)
    text.fill("Hello <b>there</b>")
    text.press("Enter")
    expect(page.get_by_text("Hello <b>there</b>")).to_be_visible()
    text.press_sequentially("/h")
    expect(page.get_by_role("option")).to_have_count(2)
    text.press("ArrowDown")
    text.press("ArrowDown")
    text.press("Enter")
    expect(page.get_by_role("button", name="/hide")).to_be_visible()
    assert [message.text for message in phone.messages()] == ["/start", "Hello <b>there</b>", "/hide"]
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("option", name="/help Get help").click()
    expect(page.get_by_role("button", name="/help")).to_be_visible()


def test_the_locked_phone_shows_what_a_glance_can_read(world, open_page):
    phone = world.sandbox.new_phone()
    phone.start()
    page = open_page(f"{world.url}/sandbox/phone/{phone.id}")
    page.get_by_role("button", name="Chat menu").click()
    page.locator("#lock").click()
    world.call("sendMessage", chat_id=phone.id, text="You have a note.", disable_notification=True)
    notice = page.get_by_role("list", name="Notifications").get_by_role("button")
    expect(notice).to_contain_text("You have a note.")
    expect(notice).to_contain_text("silent")
    assert len(phone.unread()) == 1
    notice.click()
    expect(page.get_by_role("log")).to_contain_text("You have a note.")
    expect(notice).to_have_count(0)
    page.wait_for_timeout(300)
    assert phone.unread() == []


def test_the_demo_time(world, open_page):
    page = open_page(f"{world.url}/sandbox/")
    expect(page.locator("#demo-now")).to_have_text("Tue 12 May, 14:32")
    page.get_by_role("button", name="Six hours later").click()
    expect(page.get_by_text("One prompt was sent.")).to_be_visible()
    expect(page.locator("#demo-now")).to_have_text("Tue 12 May, 20:32")


def test_block_restart_and_delete(world, open_page):
    phone = world.sandbox.new_phone()
    phone.start()
    page = open_page(f"{world.url}/sandbox/phone/{phone.id}")
    page.get_by_role("button", name="Chat menu").click()
    page.get_by_role("button", name="Stop and block bot").click()
    page.get_by_role("button", name="Restart bot").click()
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("article").first.hover()
    page.get_by_role("button", name="Delete this message for both").first.click()
    expect(page.get_by_role("article")).to_have_count(1)
    page.get_by_role("button", name="Chat menu").click()
    page.get_by_role("button", name="Delete chat").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    assert phone.messages() == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible_and_narrow(world, open_page, scheme):
    phone = world.sandbox.new_phone("Ada")
    phone.start()
    scale = [{"text": str(number), "callback_data": str(number)} for number in range(1, 8)]
    rows = [scale, [{"text": "Skip", "callback_data": "s"}, {"text": "Prefer not to say", "callback_data": "p"}]]
    world.call("setMyCommands", commands=[{"command": "help", "description": "Get help"}])
    world.call(
        "sendMessage",
        chat_id=phone.id,
        text="<b>One</b> of seven: see /help or <a href='https://example.org'>more</a> <tg-spoiler>later</tg-spoiler>",
        parse_mode="HTML",
        disable_notification=True,
        reply_markup={"inline_keyboard": rows},
    )
    for path in ("/", f"/phone/{phone.id}"):
        page = open_page(f"{world.url}/sandbox{path}", 320, 640, scheme)
        page.wait_for_timeout(400)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        small = page.evaluate(
            """[...document.querySelectorAll('button, select, input, summary, .key')]
               .filter((each) => each.offsetParent && !each.matches('.command') && each.offsetHeight < 44)
               .map((each) => each.outerHTML)"""
        )
        assert not small
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if path != "/":
            page.locator("#lock-beside").click()
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()


def test_arabic_runs_from_the_right_and_english_from_the_left(world, open_page):
    phone = world.sandbox.new_phone()
    phone.start()
    labels = [["✓ في البيت", "h"], ["✓ Out", "o"]]
    rows = [[{"text": text, "callback_data": data}] for text, data in labels]
    keys = {"inline_keyboard": rows}
    world.call("sendMessage", chat_id=phone.id, text="أين كنت؟\n\nTap all that fit.", reply_markup=keys)
    page = open_page(f"{world.url}/sandbox/phone/{phone.id}")

    def left_of(words, first, last):
        """Where these characters of the text stand on the screen, in pixels from the left."""
        return page.get_by_text(words).first.evaluate(
            """(element, [first, last]) => {
                 const text = document.createTreeWalker(element, NodeFilter.SHOW_TEXT).nextNode();
                 return [first, last].map((sign) => {
                   const range = document.createRange(), at = text.data.indexOf(sign);
                   range.setStart(text, at); range.setEnd(text, at + 1);
                   return range.getBoundingClientRect().left;
                 });
               }""",
            [first, last],
        )

    tick, letter = left_of("في البيت", "✓", "ب")
    assert tick > letter
    tick, letter = left_of("✓ Out", "✓", "O")
    assert tick < letter
    mark, letter = left_of("Tap all that fit.", "؟", "أ")
    assert mark < letter
    mark, letter = left_of("Tap all that fit.", ".", "T")
    assert mark > letter

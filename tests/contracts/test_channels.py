"""What every channel must do. A new one is tested when it is registered here as in `ema.bootstrap`."""

from datetime import UTC, datetime

import pytest
from telegram import BotCommandScopeChat

from bot.channel import TelegramChannel
from bot.sandbox import BotAccount, Fault, create_sandbox
from ema.channels import Fetched, File, Refused, RetryLater, Sent
from ema.domain.screen import Action, Shown
from tests.sandbox.oracle import check_request, check_response
from tests.sandbox.test_files import png

pytestmark = pytest.mark.anyio

NOTE = Shown("You have a note.", ((("Start", Action("start", prompt=1)),),))
FILE = File("copy.html", "text/html", "<p>żółć</p>".encode())
MENU = [("help", "Pomoc"), ("stop", "Koniec")]
RECORDING = b"OggS" + bytes(200)
QUESTION = Shown("How do you feel right now?", ((("1", Action("answer", "1", 1, "wb_mood", 1)),),))


class Telegram:
    """Telegram's own promises are kept by the local Bot API server."""

    def __init__(self):
        account = BotAccount("42:a-token", "note_bot", "Notes")
        self.server = create_sandbox(
            None,
            lambda: datetime(2026, 5, 12, tzinfo=UTC),
            tokens=[account],
            on_request=check_request,
            on_response=check_response,
        )
        self.channel = TelegramChannel("42:a-token", "http://in.process", transport=self.server.transport())
        self.phone = self.server.new_phone("Anna")
        self.phone.start()
        self.address = str(self.phone.id)

    def messages(self):
        """Text and labels of what she sees."""
        return [(message.text, message.labels) for message in self.phone.messages() if message.from_bot]

    def files(self):
        """Name and bytes of what she was sent to look at or to keep."""
        return [
            self._file(call) for call in self.server.journal.calls() if call.method in {"sendPhoto", "sendDocument"}
        ]

    def _file(self, call):
        shown = next(message for message in self.phone.messages() if message.id == call.message_id)
        upload = call.params["photo" if shown.photo else "document"]
        return upload.name, upload.content

    def delete_hers(self, message_id):
        self.phone.delete_message(message_id)

    def she_sends(self, recording):
        """The reference to it, and its message."""
        message_id = self.phone.send_voice(recording, 2)
        return self.phone.message(message_id).voice, message_id

    def block(self):
        self.phone.block()

    def trouble(self):
        self.server.faults.add(Fault(code=500, times=None))

    async def commands(self):
        """What is listed for her, and for somebody else."""
        other = self.server.new_phone("Bella")
        other.start()
        listed = [
            await self.channel.bot.get_my_commands(scope=BotCommandScopeChat(phone.id)) for phone in (self.phone, other)
        ]
        return [[(entry.command, entry.description) for entry in entries] for entries in listed]

    async def tap(self, message_id, label):
        return self.phone.tap(message_id, label)

    async def close(self):
        await self.channel.bot.shutdown()
        self.server.close()
        assert not self.server.violations


CHANNELS = {"telegram": Telegram}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(params=CHANNELS)
async def side(request, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    side = CHANNELS[request.param]()
    yield side
    await side.close()


@pytest.fixture
async def sent(side):
    return (await side.channel.send(side.address, NOTE, silent=False)).message_id


async def test_a_message_arrives_with_its_buttons(side, sent):
    assert side.messages() == [("You have a note.", ["Start"])]


async def test_an_edit_takes_its_place(side, sent):
    assert await side.channel.edit(side.address, sent, QUESTION) == Sent(sent)
    assert side.messages() == [("How do you feel right now?", ["1"])]


async def test_the_same_edit_again_is_a_success(side, sent):
    await side.channel.edit(side.address, sent, QUESTION)
    assert await side.channel.edit(side.address, sent, QUESTION) == Sent(sent)


async def test_buttons_can_be_taken_away_twice(side, sent):
    assert await side.channel.unbutton(side.address, sent) == Sent(sent)
    assert await side.channel.unbutton(side.address, sent) == Sent(sent)
    assert side.messages() == [("You have a note.", [])]


async def test_a_message_is_deleted(side, sent):
    assert await side.channel.delete(side.address, [sent]) == Sent(None)
    assert side.messages() == []


async def test_a_list_of_commands_is_put_up_for_her_alone(side):
    assert await side.channel.menu(side.address, MENU) == Sent(None)
    assert await side.commands() == [MENU, []]


async def test_a_file_arrives_under_its_name_with_all_its_bytes(side):
    assert isinstance(await side.channel.send_file(side.address, FILE, "", silent=True), Sent)
    assert side.files() == [("copy.html", FILE.body)]


async def test_a_picture_arrives_and_other_words_take_the_place_of_those_under_it(side):
    picture = File("picture.png", "image/png", png(30, 20))
    sent = await side.channel.send_file(side.address, picture, "You have a note.", silent=True)
    assert side.messages() == [("You have a note.", [])]
    assert [body for _, body in side.files()] == [picture.body]
    for _ in range(2):
        assert await side.channel.caption(side.address, sent.message_id, "From 6 sets so far.") == sent
    assert side.messages() == [("From 6 sets so far.", [])]


@pytest.mark.parametrize("call", ["edit", "caption", "unbutton", "delete"])
async def test_what_she_deleted_herself_is_gone(side, sent, call):
    side.delete_hers(sent)
    channel = side.channel
    ended = await {
        "edit": lambda: channel.edit(side.address, sent, QUESTION),
        "caption": lambda: channel.caption(side.address, sent, "Words"),
        "unbutton": lambda: channel.unbutton(side.address, sent),
        "delete": lambda: channel.delete(side.address, [sent]),
    }[call]()
    assert isinstance(ended, Refused)
    assert ended.kind == "gone"


async def test_who_blocked_is_not_reached_and_it_says_so(side):
    side.block()
    ended = await side.channel.send(side.address, NOTE, silent=False)
    assert isinstance(ended, Refused)
    assert ended.kind == "blocked"


async def test_trouble_on_the_other_side_is_for_later_and_never_raised(side, sent):
    tap = await side.tap(sent, "Start")
    reference, _ = side.she_sends(RECORDING)
    side.trouble()
    channel = side.channel
    for ended in (
        await channel.send(side.address, NOTE, silent=True),
        await channel.edit(side.address, sent, QUESTION),
        await channel.send_file(side.address, FILE, "", silent=True),
        await channel.caption(side.address, sent, "Words"),
        await channel.unbutton(side.address, sent),
        await channel.delete(side.address, [sent]),
        await channel.menu(side.address, MENU),
        await channel.acknowledge(tap, "Noted"),
        await channel.fetch(reference),
    ):
        assert isinstance(ended, RetryLater)


async def test_a_tap_is_answered(side, sent):
    tap = await side.tap(sent, "Start")
    assert await side.channel.acknowledge(tap, None) == Sent(None)


async def test_what_she_recorded_is_fetched_as_often_as_asked(side):
    reference, _ = side.she_sends(RECORDING)
    assert await side.channel.fetch(reference) == Fetched(RECORDING, "audio/ogg")
    assert await side.channel.fetch(reference) == Fetched(RECORDING, "audio/ogg")


async def test_a_recording_that_she_deleted_is_gone(side):
    reference, message_id = side.she_sends(RECORDING)
    side.delete_hers(message_id)
    ended = await side.channel.fetch(reference)
    assert isinstance(ended, Refused)
    assert ended.kind == "gone"

"""A sandbox on a real port, whose every request and answer aiogram's models have judged."""

from datetime import UTC, datetime, timedelta

import pytest
from telegram import Bot
from telegram.request import HTTPXRequest

from bot.sandbox import BotAccount, create_sandbox, serve_in_thread
from tests.sandbox.oracle import check_request, check_response

TOKEN = "4242:a-token"
SECOND_TOKEN = "4343:another-token"
ACCOUNTS = [
    BotAccount(TOKEN, "quiet_bot", "Quiet", description="What this bot can do."),
    BotAccount(SECOND_TOKEN, "other_bot", "Other"),
]


class Clock:
    """A clock that a test turns."""

    def __init__(self):
        self.time = datetime(2026, 5, 12, 13, 32, tzinfo=UTC)

    def __call__(self):
        return self.time

    def forward(self, **amount):
        self.time += timedelta(**amount)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture(autouse=True)
def timedelta_opt_in(monkeypatch):
    """python-telegram-bot warns about RetryAfter otherwise, and warnings are errors here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def make_sandbox(clock):
    """Sandboxes with the oracle's hooks; at the end none may have seen a violation."""
    made = []

    def make(path=None, **options):
        hooks = {"on_request": check_request, "on_response": check_response, "webhook_retry": (0.02, 0.1)}
        sandbox = create_sandbox(path, clock, tokens=ACCOUNTS, **(hooks | options))
        made.append(sandbox)
        return sandbox

    yield make
    for sandbox in made:
        sandbox.close()
        assert not sandbox.violations


@pytest.fixture
def sandbox(make_sandbox):
    return make_sandbox()


@pytest.fixture
def serve():
    """Serve apps on free ports until the test ends."""
    stops = []

    def start(app):
        url, stop = serve_in_thread(app)
        stops.append(stop)
        return url

    yield start
    for stop in stops:
        stop()


class Switchboard:
    """One server for all tests of the session, each time connected to another app."""

    app = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http":
            await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switchboard():
    switchboard = Switchboard()
    switchboard.url, stop = serve_in_thread(switchboard)
    yield switchboard
    stop()


@pytest.fixture
def url(switchboard, sandbox):
    switchboard.app = sandbox.app
    return switchboard.url


def client(url, token=TOKEN, **timeouts):
    """python-telegram-bot's client for a sandbox at `url`."""
    return Bot(
        token,
        base_url=f"{url}/bot",
        base_file_url=f"{url}/file/bot",
        request=HTTPXRequest(**timeouts),
        get_updates_request=HTTPXRequest(**timeouts),
    )


@pytest.fixture
async def bot(url):
    async with client(url) as bot:
        yield bot


@pytest.fixture
def phone(sandbox):
    """A phone that has pressed Start, with that update already confirmed."""
    phone = sandbox.new_phone("Ada")
    phone.start()
    sandbox.restart_update_ids(1000)
    return phone

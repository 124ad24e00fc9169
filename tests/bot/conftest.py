"""The bot alone: its channel on the local Bot API server, each request judged by aiogram's models."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.channel import TelegramChannel
from bot.sandbox import BotAccount, create_sandbox, serve_in_thread
from tests.sandbox.oracle import check_request, check_response

TOKEN = "42:a-token"


@pytest.fixture(autouse=True)
def _timedelta_opt_in(monkeypatch):
    """python-telegram-bot warns about RetryAfter otherwise, and warnings are errors here."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def time():
    """What the server takes for now; a test may change it."""
    return [datetime(2026, 5, 12, 12, tzinfo=UTC)]


@pytest.fixture
def sandbox(time):
    made = create_sandbox(
        None,
        lambda: time[0],
        tokens=[BotAccount(TOKEN, "note_bot", "Notes")],
        on_request=check_request,
        on_response=check_response,
        webhook_retry=(0.02, 0.1),
    )
    yield made
    made.close()
    assert not made.violations


@pytest.fixture
def hasty(monkeypatch):
    """Nobody waits long for an answer."""
    monkeypatch.setattr("bot.channel.READ_SECONDS", 0.3)


@pytest.fixture(params=["in process", "over sockets"])
def served(request, sandbox, hasty):
    """How a channel reaches the server. Over sockets it has the client with which it reaches Telegram."""
    if request.param == "in process":
        yield {"api_url": "http://in.process", "transport": sandbox.transport()}
        return
    url, stop = serve_in_thread(sandbox.app)
    yield {"api_url": url}
    stop()


@pytest.fixture
async def channel(served):
    made = TelegramChannel(TOKEN, **served)
    async with made.bot:
        yield made


@pytest.fixture
def phone(sandbox):
    """A phone that has pressed Start; that update is confirmed already."""
    phone = sandbox.new_phone("Anna")
    phone.start()
    sandbox.restart_update_ids(1000)
    return phone


async def soon(condition):
    """Wait until it holds, two seconds at most."""
    for _ in range(200):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")

"""The fixtures of tests/services, and a real HTTP server for Telegram's stand-in."""

import pytest

from bot.sandbox import serve_in_thread


@pytest.fixture(autouse=True)
def _timedelta_opt_in(monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


@pytest.fixture
def serve():
    """Serve an app on a free port until the test ends; returns its address."""
    stops = []

    def start(app):
        url, stop = serve_in_thread(app)
        stops.append(stop)
        return url

    yield start
    for stop in stops:
        stop()

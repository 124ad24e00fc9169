"""The demo as a visitor meets it: set up once, found again, killed, and moved through time."""

import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta

import httpx
import pytest
from rich.console import Console

from ema.commands import demo
from ema.domain.errors import EmaError
from ema.domain.studyfile import load_study


@pytest.fixture
def short(monkeypatch):
    """Two days instead of five weeks."""
    monkeypatch.setattr(demo, "DAYS", 2)
    monkeypatch.setattr(demo, "JOINING_DAYS", 1)
    monkeypatch.setattr(demo, "END", demo.START + timedelta(days=2, hours=3))


@pytest.fixture
def console():
    return Console(file=io.StringIO())


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Demo:
    """The demo in a process of its own."""

    def __init__(self, folder, port):
        self.url = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"from ema.commands.demo import demo; demo(port={port}, people=2, fresh=False)"],
            env=os.environ | {"EMA_DATA_DIR": str(folder), "PYTHONPATH": "."},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.web = httpx.Client(base_url=self.url, timeout=60)

    def __enter__(self):
        give_up = time.monotonic() + 30
        while True:
            try:
                assert self.web.get("/healthz").status_code == 200
            except httpx.TransportError:
                assert time.monotonic() < give_up
                assert self.process.poll() is None, self.process.stdout.read()
                time.sleep(0.1)
            else:
                return self

    def __exit__(self, *_):
        self.web.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=10)
        self.process.stdout.close()

    def now(self):
        return self.web.get("/sandbox/time?timezone=Europe/London").json()["now"]

    def jump(self, target):
        answer = self.web.post("/sandbox/time", json={"target": target})
        assert answer.status_code == 200, answer.text
        return answer.json()["now"]

    def see(self, phone, pattern):
        """The phone's screen, once it shows something."""
        give_up = time.monotonic() + 10
        while time.monotonic() < give_up:
            shown = self.web.get(f"{phone}/state").json()["messages"]
            said = "\n".join(run["text"] for message in shown for run in message["runs"])
            if re.search(pattern, said):
                return shown
            time.sleep(0.05)
        raise AssertionError(f"{pattern!r} is not on the screen: {said!r}")


def test_an_interrupted_set_up_leaves_nothing_and_the_next_one_is_whole(short, console, tmp_path, monkeypatch):
    folder = tmp_path / "demo"

    async def interrupted(*_args, **_more):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo, "live_through", interrupted)
        with pytest.raises(KeyboardInterrupt):
            demo._set_up(folder, load_study(demo.BUNDLED), 2, console)
    assert not folder.exists()
    demo._set_up(folder, load_study(demo.BUNDLED), 1, console)
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_visitor_joins_jumps_and_finds_everything_again_after_a_kill(short, console, tmp_path, port):
    demo._set_up(tmp_path / "demo", load_study(demo.BUNDLED), 2, console)
    with Demo(tmp_path, port) as running:
        assert running.now()["time"] == "09:00"  # of the clock's own time zone, before the clocks change
        joined = running.web.get("/sandbox/new")
        assert "start=" in joined.headers["location"]
        joined = running.web.get(joined.headers["location"])
        phone = joined.headers["location"]
        shown = running.see(phone, "Which language")
        tap = {"action": "tap", "message": shown[-1]["id"], "data": "set|language=en"}
        assert running.web.post(f"{phone}/do", json=tap).status_code == 200
        running.see(phone, "1 of 12")
        before = running.now()
        later = running.jump("+6h")
        assert (later["day"], before["day"]) == (before["day"], before["day"])
        assert later["time"] >= "15:00"
        assert running.jump("next")["time"] > later["time"]
        shown_last = running.jump("+1d")
        running.process.send_signal(signal.SIGKILL)
    with Demo(tmp_path, port) as again:
        assert again.now()["bar"] >= shown_last["bar"]
        again.see(phone, "1 of 12")
        again.process.send_signal(signal.SIGINT)
        said, _ = again.process.communicate(timeout=20)
        assert again.process.returncode == 0, said
        assert "SIMULATED" in said
        assert "Traceback" not in said


def test_a_taken_port_and_broken_data_are_one_clear_line(tmp_path, port, monkeypatch):
    monkeypatch.setenv("EMA_DATA_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", port)), pytest.raises(EmaError, match="can't listen"):
        demo.demo(port=port, people=1, fresh=False)
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "ema.sqlite").write_text("this is no database")
    with pytest.raises(EmaError, match="--fresh"):
        demo.demo(port=port, people=1, fresh=False)

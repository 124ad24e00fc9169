"""The container's commands outside a container: only what the image copies, PostgreSQL, two workers, the webhook."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime

import httpx
import pytest

from bot.sandbox import BotAccount, create_sandbox, serve_in_thread
from ema.bootstrap import installation
from ema.config import Settings
from ema.domain.studyfile import load_study
from ema.services import invite, study
from tests.deploy.test_image import ROOT, lines

TOKEN = "4242:a-token"


@pytest.fixture(scope="module")
def app_folder(tmp_path_factory):
    """`/app` of the image: nothing else of the repository is there."""
    folder = tmp_path_factory.mktemp("app")
    for rest in lines("COPY"):
        if "--from" not in rest:
            for name in rest.split()[:-1]:
                source = ROOT / name
                if source.is_dir():
                    shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(source, folder / name)
    return folder


@pytest.fixture
def two_databases(request):
    """Empty ones on PostgreSQL: the main database, and the key store's."""
    server = request.getfixturevalue("_postgres_server")
    names = [server.create(), server.create()]
    yield [server.url_of(name) for name in names]
    for name in names:
        server.drop(name)


@pytest.fixture
def telegram():
    sandbox = create_sandbox(None, lambda: datetime.now(UTC), tokens=[BotAccount(TOKEN, "quiet_bot", "Quiet")])
    url, stop = serve_in_thread(sandbox.app)
    sandbox.url = url
    yield sandbox
    sandbox.close()
    stop()


class Container:
    """Starts commands as the image does, and ends those that are left."""

    def __init__(self, folder, logs, **environment):
        self.folder, self.logs = folder, logs
        self.environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "MPLCONFIGDIR": str(logs)}
        self.environment |= {name: str(value) for name, value in environment.items()}
        self.running = {}

    def run(self, *command):
        done = subprocess.run(
            [sys.executable, "-m", "ema", *command],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name, command):
        with (self.logs / f"{name}.log").open("w") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "ema", command], cwd=self.folder, env=self.environment, stdout=log, stderr=log
            )

    def log(self, name):
        return (self.logs / f"{name}.log").read_text()

    def until(self, happened, seconds=30):
        end = time.monotonic() + seconds
        while not happened():
            dead = {name: self.log(name) for name, process in self.running.items() if process.poll() is not None}
            assert not dead
            assert time.monotonic() < end, {name: self.log(name) for name in self.running}
            time.sleep(0.05)

    def end(self, name):
        """SIGTERM; how it ended, within 10 s."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGTERM)
        return process.wait(10)

    def kill(self):
        for process in self.running.values():
            process.kill()
            process.wait()


@pytest.fixture
def container(app_folder, tmp_path, telegram):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Container(
        app_folder,
        tmp_path,
        EMA_DATA_DIR=tmp_path / "data",
        EMA_PORT=port,
        EMA_PUBLIC_URL=f"http://127.0.0.1:{port}",
        EMA_TELEGRAM_TOKEN=TOKEN,
        EMA_TELEGRAM_API_URL=telegram.url,
    )
    yield made
    made.kill()


def answers(container, path):
    try:
        return httpx.get(container.environment["EMA_PUBLIC_URL"] + path).status_code == 200
    except httpx.TransportError:
        return False


def labels(phone):
    newest = phone.last()
    return newest.labels if newest else []


def invited(container):
    """The study is loaded, and somebody holds a code. In this process: only the long-lived commands are on trial here."""
    fields = {name[4:].lower(): value for name, value in container.environment.items() if name.startswith("EMA_")}
    with installation(Settings(**fields), upgrade=True) as here:
        study.load(here, load_study(ROOT / "questionnaires" / "studies" / "twice_daily.yaml"))
        return invite.invite(here, "twice_daily", 1)[0]


@pytest.mark.slow
def test_migrate_web_and_two_workers_answer_a_phone_by_webhook(two_databases, container, telegram):
    container.environment |= {
        "EMA_DATABASE_URL": two_databases[0],
        "EMA_KEYSTORE_URL": two_databases[1],
        "EMA_TELEGRAM_WEBHOOK_SECRET": "hush",
    }
    assert "up to date" in container.run("migrate")
    code = invited(container)
    container.start("web", "web")
    container.start("first worker", "worker")
    container.start("second worker", "worker")
    container.until(lambda: answers(container, "/healthz"))

    phone = telegram.new_phone("A")
    phone.start(code)
    container.until(lambda: "English" in labels(phone))
    container.until(lambda: answers(container, "/readyz"))

    ended = {name: container.end(name) for name in list(container.running)}
    assert set(ended.values()) == {0}, ended
    for name in ended:
        assert "Traceback" not in container.log(name)


@pytest.mark.slow
def test_serve_alone_needs_no_other_process_and_ends_cleanly(container, telegram):
    code = invited(container)
    container.start("serve", "serve")
    container.until(lambda: answers(container, "/healthz"))
    phone = telegram.new_phone("B")
    phone.start(code)
    container.until(lambda: "English" in labels(phone))
    assert container.end("serve") == 0
    assert "Traceback" not in container.log("serve")

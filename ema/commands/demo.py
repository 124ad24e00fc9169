"""`ema demo`: the whole platform on one machine, with a simulated study, a phone in the browser and a clock to move."""

from __future__ import annotations

import asyncio
import fcntl
import json
import logging
import shutil
import socket
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import SystemRandom
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qsl, urlencode

import structlog
import typer

import questionnaires
from ema import bootstrap
from ema.clock import VirtualClock
from ema.commands.simulate import FAST, START, TOKEN, SandboxWorld, account, live_through, private, tick, waiting
from ema.config import Settings
from ema.domain.errors import EmaError
from ema.domain.studyfile import load_study
from ema.simulation.demo_clock import DemoClock, set_clock
from ema.simulation.journey import Journey
from ema.simulation.life import Life
from ema.simulation.people import Model, Person, cast
from ema.simulation.time_control import TimeControl
from ema.store.instants import simulated

if TYPE_CHECKING:
    from rich.console import Console
    from starlette.types import ASGIApp, Receive, Scope, Send

    from bot.channel import TelegramChannel
    from bot.sandbox import Sandbox
    from ema.domain.protocol import Protocol
    from ema.sender import Sender
    from ema.services.installation import Installation

BUNDLED: Final = questionnaires.ROOT / "studies" / "twice_daily.yaml"
STAFF: Final = {"Robin": "researcher", "Sam": "peer"}
ROLES: Final = {"researcher": "researcher", "peer": "peer worker"}
SANDBOX: Final = "sandbox.sqlite"
SEED: Final = "demo"
PEOPLE: Final = 30
FEW: Final = 4
"""Virtual participants of a study of the visitor's own: enough to see its pages filled."""
DAYS: Final = 35
JOINING_DAYS: Final = 26
"""So the first have finished when the demo begins, and the last have been there for a week."""
END: Final = START + timedelta(days=DAYS, hours=3)
"""Ten in the morning in London: who joins now has both windows of the day ahead."""
SIMULATION: Final = "simulation"
"""The setting that states the model behind the answers."""
REST_SECONDS: Final = 5.0
"""How long to wait for a message on its way, before time goes on."""


def demo(
    port: Annotated[int | None, typer.Option(help="Where the pages are served.", show_default="8000")] = None,
    people: Annotated[
        int | None, typer.Option(min=1, max=200, help="Virtual participants, at the first start.", show_default="30")
    ] = None,
    study: Annotated[Path | None, typer.Option(help="A study file of your own, to try it on a phone.")] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the last demo and start over.")] = False,
) -> None:
    """Run everything on this machine: simulated participants, a phone in the browser, the pages. No Telegram."""
    from rich.console import Console

    _quiet_logs()
    console = Console(highlight=False, soft_wrap=True)
    usual = Settings()
    protocol = load_study(study or BUNDLED)
    folder = usual.data_dir / (f"demo-{protocol.id}" if study else "demo")
    settings = private(folder, port=port or usual.port, bind="127.0.0.1")
    with bootstrap.listen(settings) as sock, _alone(folder):
        if fresh:
            shutil.rmtree(folder, ignore_errors=True)
        try:
            if not folder.exists():
                _set_up(folder, protocol, people or (FEW if study else PEOPLE), console)
            asyncio.run(_serve(settings, sock, console, protocol))
            console.print("\nThe demo stands still. `ema demo` goes on from here.")
        except KeyboardInterrupt:
            console.print("\nInterrupted. `ema demo` goes on, or sets everything up anew.")
        except (EmaError, sqlite3.DatabaseError) as error:
            why = f"The demo in {folder} can't be run: {error}. `ema demo --fresh` starts over."
            raise bootstrap.CannotStart(why) from error


# --- the first start


def _set_up(folder: Path, protocol: Protocol, number: int, console: Console) -> None:
    """Seed in a folder beside, and put it in place when it is complete: what was interrupted starts over."""
    from bot.sandbox import create_sandbox
    from ema.services import staff, study
    from ema.store import settings

    aside = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(aside, ignore_errors=True)
    clock, model = VirtualClock(START), Model()
    people = cast(protocol, number, start=START, joining_days=JOINING_DAYS, seed=SEED, model=model)
    with bootstrap.installation(private(aside), clock, upgrade=True, durable=False) as here:
        with here.database.transaction() as session:
            settings.put(session, study.DEMO, "yes")
            settings.put(session, SIMULATION, json.dumps({"seed": SEED, "model": model.model_dump(mode="json")}))
        study.load(here, protocol, seed=SEED)
        for name, role in STAFF.items():
            staff.add(here, name, role)
        sandbox = create_sandbox(aside / SANDBOX, clock.now, tokens=[account(protocol)])
        try:
            with _progress(here, console, number) as passing:
                asyncio.run(live_through(here, clock, sandbox, protocol, people, until=END, passing=passing))
        finally:
            sandbox.close()
        with here.database.transaction() as session:
            set_clock(session, clock.now())
    aside.rename(folder)


@contextmanager
def _progress(here: Installation, console: Console, number: int) -> Iterator[Callable[[datetime], None]]:
    """A bar of the days that have passed, with what came of them."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from ema.store import prompts

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(f"{number} virtual people live {DAYS} days", total=DAYS, said="")

        def passing(at: datetime) -> None:
            day = (at - START) / timedelta(days=1)
            if int(day) == int(progress.tasks[0].completed):
                return
            with here.database.reading() as session:
                states = prompts.ended_since(session, START, at).values()
            due = sum(sum(one.values()) for one in states)
            answered = sum(one.get("completed", 0) + one.get("partial", 0) for one in states)
            progress.update(task, completed=day, said=f"day {int(day)}: {due} check-ins due, {answered} answered")

        yield passing
        progress.update(task, completed=DAYS)


# --- every start


async def _serve(settings: Settings, sock: socket.socket, console: Console, wanted: Protocol) -> None:
    """Everything in one process on one port. The bot speaks HTTP to the local server, as it would to Telegram."""
    from starlette.routing import Mount

    from bot.channel import TelegramChannel
    from bot.poll import Poller
    from bot.render import decode
    from bot.sandbox import create_sandbox, miniapp
    from ema.sender import Sender
    from ema.services.receive import gathered
    from ema.worker import Worker

    with bootstrap.installation(settings, upgrade=True) as opened:
        clock = DemoClock(opened.database)
        here = replace(opened, clock=clock)
        protocol, model, people = _stored(here, wanted.id)
        if protocol.sha256() != wanted.sha256():
            console.print("[bold]The study file has changed[/bold] since this demo began; --fresh starts it anew.")
        sandbox = create_sandbox(settings.data_dir / SANDBOX, clock.now, tokens=[account(protocol)])
        channel = TelegramChannel(TOKEN, f"{settings.url}/sandbox/api", app_url=f"{settings.url}/app")
        worker = Worker(here)
        sender = Sender(here, channel, SystemRandom(), per_second=FAST)
        poller = Poller(channel, gathered(here), worker.drained)
        world = SandboxWorld(here, sandbox, protocol.id)
        life = Life(people, protocol, model, decode=decode, world=world, since=clock.now())
        grace = timedelta(minutes=protocol.finish_within_minutes)
        rest = partial(_at_rest, here, sandbox, sender)
        journey = Journey(here, clock, life, tick=partial(tick, here), rest=rest, grace=grace)
        sandbox.time_controls = TimeControl(here, journey, protocol.timezone)
        phones = Mount("/sandbox", Invited(sandbox.pages, here, protocol.id))
        app = bootstrap.web_app(here, [channel], [phones], telegrams_script=f"/sandbox{miniapp.SCRIPT}")
        _say(here, console, protocol.id)
        introduce = partial(_introduce, channel)
        loops: list[bootstrap.Loop] = [clock.run, worker.run, sender.run, poller.run, journey.live, introduce]
        try:
            await bootstrap.run(loops, app, sock)
        finally:
            sandbox.close()
            await channel.bot.shutdown()


def _stored(here: Installation, study_id: str) -> tuple[Protocol, Model, list[Person]]:
    """The study, the model, and the people with phones as they were left."""
    from ema.store import settings, studies

    with here.database.reading() as session:
        stated = settings.get(session, SIMULATION)
        if stated is None:
            raise bootstrap.CannotStart("it holds no simulated study")
        people = [Person.model_validate(parameters) for parameters in simulated(session).values()]
        return studies.protocol(session, study_id), Model.model_validate(json.loads(stated)["model"]), people


async def _introduce(channel: TelegramChannel, stop: asyncio.Event) -> None:
    """Set the bot's menu as soon as the server answers."""
    await bootstrap.introduce(channel)
    await stop.wait()


async def _at_rest(here: Installation, sandbox: Sandbox, sender: Sender) -> None:
    """Until the poller has confirmed everything and nothing is to be sent or under way; not longer than a while."""
    give_up = monotonic() + REST_SECONDS
    while monotonic() < give_up:
        if sandbox.pending_updates():
            await asyncio.sleep(0.003)
        elif not await asyncio.to_thread(waiting, here):
            return
        elif not await sender.step():
            await asyncio.sleep(0.003)


class Invited:
    """The sandbox's pages; a new phone without a start code is given an invitation of its own."""

    def __init__(self, pages: ASGIApp, here: Installation, study_id: str) -> None:
        self._pages = pages
        self._here = here
        self._study = study_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from starlette.responses import RedirectResponse

        root = scope.get("root_path", "")
        if scope["type"] == "http" and scope["path"].removeprefix(root) == "/new":
            asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
            if not asked.get("start"):
                asked["start"] = await asyncio.to_thread(self._code)
                await RedirectResponse(f"{root}/new?{urlencode(asked)}", 303)(scope, receive, send)
                return
        await self._pages(scope, receive, send)

    def _code(self) -> str:
        from ema.services.invite import invite

        return invite(self._here, self._study, 1)[0]


def _say(here: Installation, console: Console, study_id: str) -> None:
    """Where to look."""
    from ema.services import signin, staff
    from ema.services.invite import invite

    url = here.settings.url
    console.print(
        "\n[bold]Everything here is SIMULATED.[/bold] No Telegram is used, and nothing leaves this machine.\n"
    )
    console.print(f"  A phone, to join with     {url}/sandbox/new")
    console.print(f"  One without Telegram      {url}/p#{invite(here, study_id, 1)[0]}")
    console.print(f"  All phones, and the time  {url}/sandbox/")
    for name, role in STAFF.items():
        link = signin.address(here, signin.issue_link(here, staff.named(here, name)))
        console.print(f"  {name + ', ' + ROLES[role]:<25} {link}")
    console.print("\nThe sign-in links work once, for a day. Ctrl-C ends the demo; its time stands still until then.\n")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One demo at a time in a folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise bootstrap.CannotStart(f"the demo in {folder} is running already") from None
        yield


def _quiet_logs() -> None:
    """Only what is wrong, on stderr: the HTTP client's own lines would drown everything else."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )

"""`ema simulate`: virtual participants live through a study, in a folder of their own. Its export, and the truth."""

from __future__ import annotations

import asyncio
import csv
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Annotated, Any, Final, ParamSpec, TypeVar

import typer

from ema import bootstrap
from ema.clock import VirtualClock
from ema.config import Settings
from ema.domain.protocol import Protocol
from ema.domain.studyfile import load_study
from ema.simulation.journey import Journey
from ema.simulation.life import Life, Phone
from ema.simulation.people import Model, Person, cast
from ema.store.instants import mark_simulated, simulated, to_send
from ema.store.tables import FINAL_STATES, OPEN_STATES

if TYPE_CHECKING:
    from bot.sandbox import BotAccount, Sandbox
    from ema.services.installation import Installation

P = ParamSpec("P")
T = TypeVar("T")

START: Final = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""A Monday; four weeks later the clocks change in Europe."""
TOKEN: Final = "1000001:simulated"  # noqa: S105 - of the local server
BY_THE_MINUTE: Final = frozenset({"plan", "expire"})
FAST: Final = 1e9
"""Messages a second: Telegram's limit does not hold here."""


def simulate(
    file: Annotated[Path, typer.Argument(help="The study's YAML file.")],
    out: Annotated[Path, typer.Option(help="The folder to write into; made if it is not there.", file_okay=False)],
    participants: Annotated[int, typer.Option(min=1, max=1000, help="How many take part.")] = 40,
    days: Annotated[int, typer.Option(min=1, max=400, help="How many days they live.")] = 28,
    seed: Annotated[int, typer.Option(help="The same seed gives the same study.")] = 1,
) -> None:
    """Let virtual people live through a study, by the same services and the same bot as real ones.

    Writes `data/` (the study's export), `truth.json` (the model behind the answers), `summary.csv` (a line a person)
    and `people.csv` (who is who in the export). Pseudonyms are random by design, so the export and `people.csv` differ
    from run to run in them; `truth.json` and `summary.csv` are the same for the same seed.
    """
    from ema.services import export

    protocol = load_study(file)
    with lived(protocol, participants, days, seed) as (here, people):
        out.mkdir(parents=True, exist_ok=True)
        export.export(here, protocol.id, "csv", out / "data")
        lines = _summary(here)
    _write(out, people, lines, {"study": protocol.id, "participants": participants, "days": days, "seed": seed})
    due, answered = (sum(int(line[column]) for line in lines) for column in ("due", "answered"))
    print(f"{participants} virtual participants, {days} days: {due} check-ins due, {answered} answered.")
    print(f"SIMULATED data in {out}/data, the truth behind it in {out}/truth.json")


@contextmanager
def lived(
    protocol: Protocol, participants: int, days: int, seed: int
) -> Iterator[tuple[Installation, Sequence[Person]]]:
    """So many people have lived so many days of a study, in an installation of its own that is gone afterwards."""
    from bot.sandbox import create_sandbox
    from ema.services import study

    start = starts(protocol)
    clock = VirtualClock(start)
    with (
        tempfile.TemporaryDirectory(prefix="ema-simulate-") as folder,
        bootstrap.installation(private(Path(folder)), clock, upgrade=True, durable=False) as here,
    ):
        study.load(here, protocol, seed=f"{seed}")
        sandbox = create_sandbox(None, clock.now, tokens=[account(protocol)])
        people = cast(protocol, participants, start=start, joining_days=1, seed=f"{seed}", model=Model())
        try:
            asyncio.run(live_through(here, clock, sandbox, protocol, people, until=start + timedelta(days=days)))
        finally:
            sandbox.close()
        yield here, people


def starts(protocol: Protocol) -> datetime:
    """The morning on which people begin to join: of a study on given dates, the day before the first of them."""
    if protocol.calendar is None:
        return START
    return datetime.combine(protocol.calendar.starts_on - timedelta(days=1), START.timetz())


def _summary(here: Installation) -> list[dict[str, str | int]]:
    """A line a person: what became of her check-ins."""
    from ema.store import participants, prompts

    lines: list[dict[str, str | int]] = []
    with here.database.reading() as session:
        for participant_id, parameters in simulated(session).items():
            enrolment = participants.enrolment_of(session, participant_id)
            planned = prompts.of_enrolment(session, enrolment.id or 0) if enrolment else []
            counted = [prompt for prompt in planned if prompt.counts and prompt.due_at <= here.clock.now()]
            line: dict[str, str | int] = {"name": parameters["name"], "participant": participant_id}
            line["standing"] = participants.get(session, participant_id).standing
            line["due"] = len(counted)
            line["answered"] = sum(prompt.n_answered > 0 for prompt in counted)
            for state in (*OPEN_STATES, *FINAL_STATES):
                line[state] = sum(prompt.state == state for prompt in counted)
            lines.append(line)
    return sorted(lines, key=lambda line: line["name"])


def _write(out: Path, people: Sequence[Person], lines: list[dict[str, str | int]], asked: dict[str, Any]) -> None:
    truth = {
        "note": "SIMULATED. The model is described in ema/simulation/people.py.",
        "asked": asked,
        "model": Model().model_dump(mode="json"),
        "people": [person.model_dump(mode="json", exclude={"phone"}) for person in people],
    }
    (out / "truth.json").write_text(json.dumps(truth, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    _table(out / "people.csv", [{"name": line["name"], "participant": line.pop("participant")} for line in lines])
    _table(out / "summary.csv", lines)


def _table(path: Path, lines: Sequence[Mapping[str, str | int]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(lines[0]) if lines else [])
        writer.writeheader()
        writer.writerows(lines)


# --- the in-process line, which seeds the demo too


async def live_through(
    here: Installation,
    clock: VirtualClock,
    sandbox: Sandbox,
    protocol: Protocol,
    people: Sequence[Person],
    *,
    until: datetime,
    passing: Callable[[datetime], None] = lambda _: None,
) -> None:
    """Everybody lives until a moment. The bot's client talks to the local server without a socket between them."""
    from bot.channel import TelegramChannel
    from bot.poll import Poller
    from bot.render import decode
    from ema.sender import Sender
    from ema.services.receive import gathered

    asyncio.get_running_loop().set_default_executor(_Here())
    channel = TelegramChannel(TOKEN, "http://in.process", transport=sandbox.transport())
    await bootstrap.introduce(channel)
    poller = Poller(channel, gathered(here), lambda: None)
    sender = Sender(here, channel, Random(0), per_second=FAST)  # noqa: S311 - spreads retries
    unconfirmed = await poller.step()

    async def rest() -> None:
        nonlocal unconfirmed
        while True:
            if sandbox.pending_updates() > unconfirmed:
                unconfirmed = await poller.step()
                await poller.settle()
            elif not (waiting(here) and await sender.step()):
                return

    model = Model()
    life = Life(
        people, protocol, model, decode=decode, world=SandboxWorld(here, sandbox, protocol.id), since=clock.now()
    )
    grace = timedelta(minutes=protocol.finish_within_minutes)
    journey = Journey(here, clock, life, tick=partial(tick, here), rest=rest, grace=grace)
    try:
        await journey.to(until, passing)
    finally:
        await channel.bot.shutdown()


def tick(here: Installation, everything: bool) -> None:
    """The worker's ticks once: all of them, or only what goes by the minute."""
    from ema.worker import TICKS

    for one in TICKS:
        if everything or one.name in BY_THE_MINUTE:
            one.run(here)


def waiting(here: Installation) -> bool:
    """Whether anything is to be sent now, or is being sent."""
    with here.database.reading() as session:
        return to_send(session, here.clock.now())


class _Here(ThreadPoolExecutor):
    """Runs at once, in the same thread: the same order every time, and no hand-over between threads."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - the caller is told, as from a thread
            future.set_exception(error)
        return future


class SandboxWorld:
    """Phones of the local server, invitations of the study."""

    def __init__(self, here: Installation, sandbox: Sandbox, study_id: str) -> None:
        from bot.sandbox import PhoneError

        self.mistake: type[Exception] = PhoneError
        self._here = here
        self._sandbox = sandbox
        self._study = study_id

    def new_phone(self, person: Person) -> Phone:
        return self._sandbox.new_phone(f"{person.name} (simulated)", person.language, person.timezone)

    def phone(self, phone_id: int) -> Phone:
        return self._sandbox.phone(phone_id)

    def invitation(self) -> str:
        from ema.services.invite import invite

        return invite(self._here, self._study, 1)[0]

    def joined(self, person: Person) -> bool:
        from ema.domain.ways import channel_of

        bot_id = self._sandbox.accounts[0].id
        participant_id = self._here.vault.find(channel_of(bot_id), bot_id, str(person.phone))
        if participant_id is not None:
            with self._here.database.transaction() as session:
                mark_simulated(session, participant_id, person.model_dump(mode="json"))
        return participant_id is not None


def private(folder: Path, **more: Any) -> Settings:
    """Settings that keep everything in one folder, whatever the environment says about an operator's installation."""
    return Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'ema.sqlite'}",
        keystore_url=f"sqlite:///{folder / 'keys.sqlite'}",
        secret_key_file=folder / "secret.key",
        telegram_token=None,
        telegram_webhook_secret=None,
        public_url=None,
        **more,
    )


def account(protocol: Protocol) -> BotAccount:
    from bot.sandbox import BotAccount

    return BotAccount(TOKEN, "note_bot", "Notes", f"{protocol.title}. SIMULATED: this is not Telegram.")

"""What is measured. Each function yields figures; several in one function were taken side by side."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from time import perf_counter

import questionnaires
from bot.channel import TelegramChannel
from bot.poll import Poller
from bot.sandbox import BotAccount, Phone, Sandbox, create_sandbox
from ema.bootstrap import installation
from ema.clock import VirtualClock
from ema.config import Settings
from ema.domain import planning
from ema.domain.studyfile import load_study
from ema.sender import Sender
from ema.services import invite, study
from ema.services.installation import Installation
from ema.services.receive import gathered
from tests.bench import analysis as trends
from tests.bench import checkin as whole_checkin
from tests.bench import cluster as many_processes
from tests.bench import flow, form, sending
from tests.bench import growth as growing
from tests.bench import planning as at_scale
from tests.bench import taps as by_webhook

STUDY = questionnaires.ROOT / "studies" / "twice_daily.yaml"
START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
TOKEN = "42:bench"


@dataclass
class Figure:
    what: str
    value: float
    unit: str
    beside: str = ""


@contextmanager
def platform_on_sqlite() -> Iterator[tuple[Installation, Sandbox, VirtualClock]]:
    """A fresh installation with durable commits, and a local Bot API server in the same process."""
    with tempfile.TemporaryDirectory() as folder:
        clock = VirtualClock(START)
        with installation(Settings(data_dir=Path(folder)), clock, upgrade=True) as here:
            study.load(here, load_study(STUDY), seed="bench")
            yield here, create_sandbox(None, clock.now, tokens=[BotAccount(TOKEN, "bench_bot", "Bench")]), clock


class Line:
    """Poller and sender in steps, over the in-process transport."""

    def __init__(self, here: Installation, box: Sandbox) -> None:
        self.here, self.box = here, box
        self.channel = TelegramChannel(TOKEN, "http://in.process", transport=box.transport())
        self.poller = Poller(self.channel, gathered(here), lambda: None)
        self.sender = Sender(here, self.channel, Random(1), per_second=1e9)

    async def rest(self) -> None:
        while await self.poller.step() + await self.sender.step():
            pass

    async def join(self, phone: Phone) -> None:
        (code,) = invite.invite(self.here, "twice_daily", 1)
        phone.start(code)
        await self.rest()
        hours = load_study(STUDY).hours.presets["late"].label.say("en")
        for label in (
            "English",
            *["Next"] * 12,
            "Yes",
            "Yes",
            "Yes, I want to take part",
            "Yes",
            hours,
            "London",
            "Not now",
        ):
            await self.press(phone, label)

    async def press(self, phone: Phone, label: str) -> None:
        last = phone.last()
        assert last is not None
        phone.tap(last.id, label)
        await self.rest()


def planning_pure() -> Iterator[Figure]:
    """Plan whole studies in memory."""
    protocol = load_study(STUDY)
    hers = protocol.preferences("late", "Europe/London")
    start, prompts = perf_counter(), 0
    for person in range(200):
        prompts += len(planning.plan(protocol, f"bench:{person}", date(2026, 3, 1), hers, range(1, 36)))
    yield Figure("planning in memory", prompts / (perf_counter() - start), "prompts/s", "35 days, over a clock change")


def mixed_model() -> Iterator[Figure]:
    """The group trend of 100 made-up people, twice a day for 28 days, AR(1) and random slopes."""
    import numpy as np
    import pandas as pd

    from analysis.command import Options, analyse

    rng = np.random.default_rng(1)
    rows = []
    for person in range(100):
        level, slope, last = rng.normal(0, 10), rng.normal(0, 0.2), 0.0
        for beep in range(56):
            last = 0.35 * last + rng.normal(0, 12)
            if rng.random() < 0.6:
                rows.append((person, beep, 50 + level + slope * beep + last))
    frame = pd.DataFrame(rows, columns=["id", "beep", "score"])
    options = Options(person="id", time="beep", score="score")
    analyse(frame, options)
    start = perf_counter()
    analyse(frame, options)
    yield Figure(
        "ema analyse, imports excluded", perf_counter() - start, "s", f"{len(frame):,} answers, all person trends"
    )


MEASURES: dict[str, Callable[[], Iterator[Figure]]] = {
    "dispatch": sending.dispatch,
    "punctual": sending.punctual,
    "taps": by_webhook.taps,
    "check-in": whole_checkin.checkin,
    "planning": planning_pure,
    "scale": at_scale.scale,
    "mixed": mixed_model,
    "analysis": trends.analysis,
    "flow": flow.flow,
    "form": form.form,
    "growth": growing.growth,
    "cluster": many_processes.cluster,
}

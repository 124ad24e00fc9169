"""The soak: starts the product, lets people answer, kills and restarts its processes, and moves study time on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from bot.sandbox import BotAccount, create_sandbox, serve_in_thread
from ema.config import Settings
from ema.domain.schedules.fixed import Fixed
from ema.services import invite, study
from ema.services.installation import Installation
from ema.store.engine import open_database
from ema.store.instants import ahead, earliest, to_send
from ema.store.migrate import ROOT, check, migrate
from ema.store.vault import open_vault
from tests.services.world import BUNDLED, only, variant
from tests.soak.people import Someone, Telephony
from tests.soak.points import POINTS
from tests.soak.shared import JumpingClock, Trap
from tests.soak.stored import Stored

TOKEN, BOT_ID = "42:a-token", 42
NOTE = "You have a note."
AT_RANDOM = "at a random moment"
GONE = 1.5
"""Seconds after which a lease that nobody touched is taken for one of the dead: study time may jump over it."""
SLOW = 30.0
"""The same where nobody has died."""
REACHED = 20.0
"""Seconds in which a process must come to the point where it is to die; else it dies at a random moment."""
STUCK = 60.0
"""Seconds in which something must have happened."""
SETTLE = 180.0
"""Seconds for a whole check-in of everybody, on a busy machine."""


class Breach(AssertionError):
    """A promise was broken."""


def design():
    """Four fixed times a day for everybody, each open for half an hour, so that people and processes meet in waves."""
    protocol = only(variant(languages=("en",), timezones=("Europe/London",), days=400), "checkin")
    times = ["09:00", "12:00", "15:00", "18:00"]
    waves = Fixed(kind="fixed", id="wave", questionnaires=("checkin",), times=times, open_for_minutes=30)
    hours = BUNDLED.hours.model_copy(update={"presets": {"late": BUNDLED.hours.presets["late"]}})
    return protocol.model_copy(update={"schedules": (waves,), "hours": hours, "finish_within_minutes": 10})


@dataclass
class Process:
    """One of the product's processes."""

    role: str
    pid: int
    trap: Trap


class Starter:
    """The process whose children the product's processes are. They end with it."""

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.soak.product"],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def order(self, **order):
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Soak:
    """`place` has an empty database; everything else lies in `folder`."""

    def __init__(self, place, folder, starter, seed, people=6, say=lambda _: None):
        self.place, self.folder, self.say, url = place, folder, say, place.url
        self.rng = Random(seed)
        self.kills: Counter[str] = Counter()
        self.killed_at: list[float] = []
        self.logs = folder / "log.txt"
        self.clock = JumpingClock(folder / "clock")
        self.wires = Telephony(NOTE)
        account = BotAccount(TOKEN, "note_bot", "Notes")
        self.sandbox = create_sandbox(
            None, self.clock.now, tokens=[account], on_request=self.wires.on_request, on_response=self.wires.on_response
        )
        self.api, self._stop_api = serve_in_thread(self.sandbox.app)
        self._starter = starter
        self.processes: list[Process] = []
        self._number = 0
        self._moved = time.monotonic()
        self._held: tuple[frozenset[str], float] = (frozenset(), 0.0)
        keystore, key = f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key"
        self.environment = {
            "EMA_DATA_DIR": str(folder),
            "EMA_DATABASE_URL": url,
            "EMA_KEYSTORE_URL": keystore,
            "EMA_SECRET_KEY_FILE": str(key),
            "EMA_TELEGRAM_TOKEN": TOKEN,
            "EMA_TELEGRAM_API_URL": self.api,
            "EMA_PORT": "0",
            "PTB_TIMEDELTA": "1",
        }
        migrate(url)
        self.database, self.vault = open_database(url), open_vault(keystore, key)
        self.here = Installation(self.database, self.vault, self.clock, Settings(data_dir=folder))
        self.stored = Stored(self.database, self.vault)
        study.load(self.here, design(), seed="seed")
        self.people = [self.newcomer() for _ in range(people)]

    # --- people

    def newcomer(self):
        phone = self.sandbox.new_phone("")
        phone.start(invite.invite(self.here, "twice_daily", 1)[0])
        return Someone(phone, Random(f"{phone.id}"), self.wires)

    def screens(self):
        """What everybody could tap, for a message."""
        return [message.labels for each in self.people if (message := each.phone.last())]

    # --- processes

    def start(self, *command, **environment):
        self._number += 1
        file = self.folder / f"trap-{self._number}"
        trap = Trap(file)  # made before the process that looks at it
        pid = self._starter.order(
            command=command,
            environment=self.environment | environment,
            clock=str(self.folder / "clock"),
            trap=str(file),
            log=str(self.logs),
        )
        return Process(command[0], pid, trap)

    def ended(self):
        return {int(pid): code for pid, code in self._starter.order().items()}

    def once(self, *command, trap=None, **environment):
        """Run a command to its end while the rest goes on. How it ended."""
        process = self.start(*command, **environment)
        if trap is not None:
            process.trap.set(*trap)
        limit = time.monotonic() + STUCK
        while time.monotonic() < limit:
            self.step()
            if process.pid in self._codes:
                return self._codes[process.pid]
        raise Breach(f"{command} does not end")

    def once_alone(self, *command):
        """Run a command to its end when nothing else runs. How it ended."""
        process = self.start(*command)
        while process.pid not in (ended := self.ended()):
            time.sleep(0.02)
        return ended[process.pid]

    def running(self):
        self._codes = {}
        self.processes = [self.start(role) for role in self.place.roles]

    def _look_after(self):
        """Who died is started again. Who ended otherwise than by a kill is a breach."""
        ended = self.ended()
        self._codes |= ended
        for place, process in enumerate(self.processes):
            if process.pid not in ended:
                continue
            if ended[process.pid] != -9:
                raise Breach(f"{process.role} ended by itself with {ended[process.pid]}: {self.log()}")
            words = POINTS[process.trap.point - 1].words if process.trap.point else AT_RANDOM
            self.kills[words] += 1
            self.killed_at.append(time.monotonic())
            self.processes[place] = self.start(process.role)

    def log(self):
        return self.logs.read_text()[-2000:] if self.logs.exists() else ""

    # --- time

    def step(self):
        """Everybody looks at her phone; who died is started again; study time jumps if nothing is to be done now."""
        self._look_after()
        busy = [someone.look() for someone in self.people]
        if not any(busy) or time.monotonic() - self._moved > GONE:
            self._jump(any(busy))
        if time.monotonic() - max(self._moved, self.wires.heard_at) > STUCK:
            raise Breach(f"nothing moves: {self.stored.waiting(self.clock.now())}, {self.screens()} {self.log()}")
        time.sleep(0.02)

    def _jump(self, busy):
        now, grace = self.clock.now(), timedelta(minutes=10)
        held = self.stored.held()
        tokens = frozenset(token for token, _ in held)
        if tokens != self._held[0]:
            self._held = tokens, time.monotonic()
        if tokens:
            since = self._held[1]
            died = any(killed > since - 2 * GONE for killed in self.killed_at[-2:])
            # a lease outlives only who died; on a machine with other things to do the living may take longer
            if time.monotonic() - since > (GONE if died else SLOW):
                self._to(min(lease for _, lease in held))
            return
        if busy or self.sandbox.pending_updates() or self.stored.unsettled(now, grace):
            return
        with self.database.reading() as session:
            if to_send(session, now):
                return
            coming = ahead(session, now, grace)
        target = earliest(coming.sending, coming.ticking)
        if target is not None:
            self._to(target)

    def _to(self, instant):
        self.clock.jump_to(instant + timedelta(milliseconds=5))
        self._moved = time.monotonic()

    def live(self, until, seconds=STUCK):
        """Go on until this is so, at most so long. Whether it came to be."""
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                return False
            self.step()
        return True

    # --- kills

    def kill_one(self, kind):
        """One more process dies: at the point of this number, or at a random moment (0)."""
        before = self.kills.total()
        if kind and POINTS[kind - 1].roles[0] in {"migrate", "backup"}:
            self._kill_a_command(kind)
            return
        if kind:
            point = POINTS[kind - 1]
            times = self.rng.randint(1, point.at_most)
            for process in self.processes:  # of two workers the one that comes there first
                process.trap.set(kind if process.role in point.roles else 0, times)
            reached = self.live(lambda: self.kills.total() > before, REACHED)
            for process in self.processes:
                process.trap.set(0, 0)
            if reached:
                return
        delay = time.monotonic() + self.rng.uniform(0.05, 1.5)
        self.live(lambda: time.monotonic() > delay)
        victim = self.rng.choice(self.processes)
        with suppress(ProcessLookupError):
            os.kill(victim.pid, 9)
        self.live(lambda: self.kills.total() > before)

    def _kill_a_command(self, kind):
        point = POINTS[kind - 1]
        trap = kind, self.rng.randint(1, point.at_most)
        if point.roles == ("migrate",):
            with self.place.empty(self._number) as url:
                how = self.once("migrate", trap=trap, EMA_DATABASE_URL=url)
                again = self.once("migrate", EMA_DATABASE_URL=url)
                if again or check(url):
                    raise Breach(f"a second migrate did not finish what a killed one began: {check(url)}")
        else:
            file = self.folder / f"copy-{self._number}.backup"
            how = self.once("backup", str(file), "--keys", str(self.folder / "keys.backup"), trap=trap)
            if file.exists():
                raise Breach("a backup that was killed left something that looks like one")
            if self.once("backup", str(file), "--keys", str(self.folder / "keys.backup")):
                raise Breach(f"no backup after one that was killed: {self.log()}")
            file.unlink()
        if how != -9:
            raise Breach(f"{point.words} was never reached")
        self.kills[point.words] += 1

    def order_of_kills(self, number):
        """Every point at least once where there is room, and as many at random moments."""
        dialect = self.database.dialect
        there = [at for at, point in enumerate(POINTS, start=1) if point.dialect in ("", dialect)]
        self.rng.shuffle(there)
        named = [there[at % len(there)] for at in range((number + 1) // 2)]
        kinds = named + [0] * (number - len(named))
        self.rng.shuffle(kinds)
        return kinds

    # --- the whole

    def run(self, number, seconds=3600.0):
        """So many kills, or as many as there is time for; then rest."""
        self.running()
        end = time.monotonic() + seconds
        for done, kind in enumerate(self.order_of_kills(number), start=1):
            if done % 10 == 0:
                self.people.append(self.newcomer())
            self.kill_one(kind)
            if done % 10 == 0:
                self.say(f"{self.database.dialect}: {done} of {number} kills")
            if time.monotonic() > end:
                break
        self.settle()

    def settle(self):
        """No more kills. Everybody answers a whole check-in, everything comes to its end, the processes end well."""
        since = self.clock.now()
        for someone in self.people:
            someone.eager = True
        if not self.live(lambda: not self.unable(since), SETTLE):
            raise Breach(f"{len(self.unable(since))} people can't answer any more: {self.log()}")
        if not self.live(lambda: not self.stored.running(since), SETTLE):
            raise Breach("what was open at the last kill came to no end")
        for process in self.processes:
            os.kill(process.pid, 15)
        limit, left = time.monotonic() + 15, {process.pid: process.role for process in self.processes}
        while left and time.monotonic() < limit:
            for pid, code in self.ended().items():
                role = left.pop(pid)
                if code:
                    raise Breach(f"{role} ended with {code}: {self.log()}")
            time.sleep(0.02)
        if left:
            raise Breach(f"{left} do not end")
        self.processes = []

    def unable(self, since):
        """Who has not finished a check-in that was due since then."""
        done = self.stored.finishers(since)
        everybody = [self.vault.find("telegram", BOT_ID, str(each.phone.id)) for each in self.people]
        return [who for who in everybody if who not in done]

    def close(self):
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.kill(process.pid, 9)
        self.sandbox.close()
        self._stop_api()
        self.vault.close()
        self.database.close()

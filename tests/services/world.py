"""One installation with its bot, Telegram's stand-in, people with phones, and study time that a test moves.

Nothing here is a double: the bot talks to the local Bot API server, in process or over real HTTP, every request and
every answer is judged by aiogram's models, and what people do arrives as updates.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import func, select, update

import questionnaires
from bot.channel import TelegramChannel
from bot.poll import Poller
from bot.sandbox import BotAccount, create_sandbox
from ema.config import Settings
from ema.domain.studyfile import load_study
from ema.sender import Sender
from ema.services import deliver, invite, study
from ema.services.installation import Installation
from ema.services.receive import gathered
from ema.store.rows import table_of
from ema.store.tables import (
    Alert,
    Answer,
    BotLimit,
    Conversation,
    Enrolment,
    Inbox,
    Message,
    Outbox,
    Participant,
    Prompt,
    Score,
)
from ema.worker import Worker
from tests.sandbox.oracle import check_request, check_response

TOKEN = "42:a-token"
BOT_ID = 42
PACE = deliver.Pace(BOT_ID, 1e9)
BUNDLED = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
ZONES = ("Europe/London", "America/New_York", "Asia/Kathmandu")
TABLES = {
    model.__tablename__: table_of(model)
    for model in (Alert, Answer, BotLimit, Conversation, Enrolment, Inbox, Message, Outbox, Participant, Prompt, Score)
}


def variant(**changes):
    """The bundled study in English, with one consent screen, so that joining takes few taps."""
    consent = BUNDLED.consent.model_copy(update={"screens": BUNDLED.consent.screens[:1]})
    return BUNDLED.model_copy(update={"languages": ("en",), "timezones": ZONES, "consent": consent} | changes)


def only(protocol, *schedules):
    """The same study with only these schedules."""
    return protocol.model_copy(update={"schedules": tuple(each for each in protocol.schedules if each.id in schedules)})


SMALL = only(variant(), "checkin")


class World:
    """`rest` lets everything happen that is to happen now; `wait` and `until` visit every due instant on the way."""

    accounts = (BotAccount(TOKEN, "note_bot", "Notes"),)

    def __init__(self, database, vault, clock, folder, protocol=SMALL, url=None, app_url=None):
        self.here = Installation(database, vault, clock, Settings(data_dir=folder))
        self.database, self.vault, self.clock, self.protocol = database, vault, clock, protocol
        self.study = protocol.id
        study.load(self.here, protocol, seed="seed")
        self.sandbox = create_sandbox(
            None,
            clock.now,
            tokens=self.accounts,
            on_request=check_request,
            on_response=check_response,
            journal_size=10**6,
        )
        self._url, self._app_url = url, app_url
        self._runner = asyncio.Runner()
        self.channel = self._channel()
        self.run(self.channel.bot.initialize())
        self.start()
        self.rest()

    def _channel(self):
        if self._url is None:
            api = {"api_url": "http://in.process", "transport": self.sandbox.transport()}
        else:
            api = {"api_url": self._url(self.sandbox.app)}
        return TelegramChannel(TOKEN, app_url=self._app_url, **api)

    def start(self):
        """As when the processes start: nothing is remembered but what is stored."""
        told = partial(deliver.told_to_wait, self.here, BOT_ID)
        self.poller = Poller(self.channel, gathered(self.here), lambda: None, told)
        self.sender = Sender(self.here, self.channel, Random(1), per_second=1e9)
        self.worker = Worker(self.here)

    def close(self):
        self.run(self.poller.settle())
        self.run(self.channel.bot.shutdown())
        self._runner.close()
        self.sandbox.close()
        assert not self.sandbox.violations

    def run(self, coroutine):
        return self._runner.run(coroutine)

    # --- time

    @property
    def now(self):
        return self.clock.now()

    def rest(self):
        """Take and send until nothing is left to do at this instant."""
        self.run(self._rest())

    async def _rest(self):
        while True:
            came = await self.poller.step()
            await self.poller.settle()
            if not await self.sender.step() and not came:
                return

    def tick(self):
        """Every tick once, and what follows from it."""
        self.worker.run_once()
        self.rest()

    def wait(self, **span):
        self.until(self.now + timedelta(**span))

    def until(self, instant, every=timedelta(hours=6)):
        """Go there by way of every instant at which something is due; at least `every` so often."""
        while self.now < instant:
            self.step(instant, every)

    def step(self, until, every=timedelta(hours=6)):
        """Go to the next instant at which something is due, at most to `until`."""
        self.clock.move_to(min(self._next_due() or until, self.now + every, until))
        self.tick()

    def down(self, **span):
        """So long nothing runs: no poller, no sender, no worker. Then everything starts anew."""
        self.clock.move_to(self.now + timedelta(**span))
        self.start()
        self.rest()
        self.tick()

    def rested(self):
        """As if the time for which Telegram told the bot to wait were over: it is real time, not study time."""
        with self.database.transaction() as session:
            session.execute(update(TABLES["bot_limit"]).values(rest_until=0))

    def _next_due(self):
        prompt, outbox, enrolment, message = (TABLES[name].c for name in ("prompt", "outbox", "enrolment", "message"))
        grace = timedelta(minutes=self.protocol.finish_within_minutes)
        unfinished = prompt.state.in_(("planned", "open"))
        with self.database.reading() as session:
            found = [
                session.execute(select(func.min(column)).where(column > self.now - ago, *conditions)).scalar()
                for column, ago, conditions in (
                    (outbox.not_before, timedelta(0), [outbox.state == "pending"]),
                    (outbox.lease_until, timedelta(0), [outbox.state == "claimed"]),
                    (prompt.expires_at, timedelta(0), [unfinished]),
                    (prompt.expires_at, grace, [unfinished, prompt.n_items > 0]),
                    (enrolment.plan_next_at, timedelta(0), [enrolment.ended_at.is_(None)]),
                    (message.erase_by, timedelta(0), [message.gone_at.is_(None)]),
                )
            ]
        found[3] = found[3] and found[3] + grace
        return min((at for at in found if at is not None), default=None)

    # --- people

    def invite(self, number=1):
        return invite.invite(self.here, self.study, number)

    def phone(self, name="Anna", **about):
        return Someone(self, self.sandbox.new_phone(name, **about))

    def joined(self, name="Anna", hours="About 3 pm and 9.30 pm", place="London", code=None):
        """Somebody who has joined, and did not try one at once."""
        someone = self.phone(name)
        someone.join(code or self.invite()[0], hours=hours, place=place)
        return someone

    # --- what is stored, and what was sent

    def rows(self, table, **conditions):
        columns = TABLES[table].c
        wanted = [columns[name] == value for name, value in conditions.items()]
        order = columns.due_at if table == "prompt" else next(iter(columns))
        with self.database.reading() as session:
            return session.execute(select(*columns).where(*wanted).order_by(order, *TABLES[table].primary_key)).all()

    def count(self, table, **conditions):
        return len(self.rows(table, **conditions))

    def sent(self, method="sendMessage", **params):
        """The calls that Telegram's stand-in accepted."""
        return [
            call
            for call in self.sandbox.journal.calls(method)
            if call.status == 200 and all(call.params.get(name) == value for name, value in params.items())
        ]


class Someone:
    """A person with her phone. She taps what she sees."""

    def __init__(self, world, phone):
        self.world, self.phone = world, phone

    @property
    def address(self):
        return str(self.phone.id)

    @property
    def id(self):
        """Her pseudonym; None for somebody who is not known."""
        return self.world.vault.find("telegram", self.phone.chat.bot.id, self.address)

    @property
    def row(self):
        (row,) = self.world.rows("participant", id=self.id)
        return row

    def prompts(self, **conditions):
        return self.world.rows("prompt", participant_id=self.id, **conditions)

    def checkins(self):
        """Her counted prompts, in the order in which they are due."""
        return self.prompts(schedule="checkin", kind="scheduled")

    def join(self, code, hours="About 3 pm and 9.30 pm", place="London", practice="Not now"):
        self.start(code)
        if "English" in self.last.labels:
            self.tap("English")
        for _ in self.world.protocol.consent.screens:
            self.tap("Next")
        for label in ("Yes", "Yes", "Yes, I want to take part", "Yes", hours, place, practice):
            self.tap(label)

    def start(self, payload=""):
        self.phone.start(payload)
        self.world.rest()

    def write(self, text):
        self.phone.send(text)
        self.world.rest()

    def press(self, label):
        """Tap the newest button with this label. What follows from it is still to come."""
        for message in reversed(self.phone.messages()):
            if label in message.labels:
                return self.phone.tap(message.id, label)
        raise AssertionError(f"nowhere “{label}”, only {[m.labels for m in self.phone.messages()]}")

    def tap(self, *labels):
        for label in labels:
            self.press(label)
            self.world.rest()

    def answer(self, value="5", times=7):
        self.tap("Start", *[value] * times)

    @property
    def last(self):
        return self.phone.last()

    @property
    def texts(self):
        return [message.text for message in self.phone.messages() if message.from_bot]

    def notes(self):
        """When she was sent a note or reminder of a check-in."""
        return [call.at for call in self.world.sent(chat_id=self.phone.id) if leads_to(call, "start|")]

    def words(self, name):
        """When she was sent a note that leads to these words."""
        return [call.at for call in self.world.sent(chat_id=self.phone.id) if leads_to(call, f"go|silence.{name}")]


def leads_to(call, code):
    """A button of this message begins with the code."""
    rows = (call.params.get("reply_markup") or {}).get("inline_keyboard", ())
    return any(button.get("callback_data", "").startswith(code) for row in rows for button in row)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)

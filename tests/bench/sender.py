"""The processes that `dispatch` starts. `python -m tests.bench.sender fill|send|bare ORDER`, the order as JSON.

`send` and `bare` say “ready” when all that is loaded once is loaded, and begin when they are told “go”.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import insert, update
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.request import BaseRequest, HTTPXRequest

import questionnaires
from bot.channel import POOL, READ_SECONDS, TelegramChannel
from bot.http import AiohttpRequest
from ema import bootstrap
from ema.config import Settings
from ema.domain.studyfile import load_study
from ema.sender import Sender
from ema.services import study
from ema.services.hours import stored_hours
from ema.services.installation import Installation
from ema.store import outbox
from ema.store.keystore import _keys
from ema.store.rows import row_of, table_of
from ema.store.tables import Enrolment, Outbox, Participant, Prompt
from tests.bench.planner import pseudonym

TOKEN = "42:bench"
BOT_ID = 42
STUDY = questionnaires.ROOT / "studies" / "twice_daily.yaml"
PORTION = 1_000
DAY = timedelta(days=1)
NOTES = table_of(Outbox)


def settings(order: dict[str, Any]) -> Settings:
    folder = Path(order["folder"])
    folder.mkdir(exist_ok=True)
    return Settings(data_dir=folder, database_url=order["url"], messages_per_second=order.get("per_second", 1e9))


def fill(order: dict[str, Any]) -> None:
    """People who have joined, each with one prompt of today. Its note waits for tomorrow, except of the first `warm`."""
    protocol = load_study(STUDY)
    with bootstrap.installation(settings(order), upgrade=True) as here:
        study.load(here, protocol, seed="bench")
        for first in range(0, order["people"], PORTION):
            people(here, protocol, first, min(PORTION, order["people"] - first))
        later = update(NOTES).where(NOTES.c.id > order["warm"]).values(not_before=here.clock.now() + DAY)
        with here.database.transaction() as session:
            session.execute(later)


def people(here: Installation, protocol: Any, first: int, number: int) -> None:
    hours = protocol.preferences("late", "Europe/London")
    names = [pseudonym(each) for each in range(first, first + number)]
    due = here.clock.now()
    began = due - 2 * DAY
    _keys_for(here, names, first, began)
    keys = here.vault.persons(names)
    person = {"standing": "active", "bot_id": BOT_ID, "language": "en", "created_at": began, **stored_hours(hours)}
    with here.database.transaction() as session:
        session.execute(
            insert(table_of(Participant)),
            [
                row_of(
                    Participant,
                    id=name,
                    address_sealed=keys[name].seal("participant", name, "address", str(first + place + 1).encode()),
                    **{**person, "windows": {"evening": ["00:00", "23:59"]}},
                )
                for place, name in enumerate(names)
            ],
        )
        enrolment = {
            "study_id": protocol.id,
            "protocol_version": protocol.version,
            "joined_version": protocol.version,
            "test": False,
            "joined_at": began,
            "silence_next_at": began + timedelta(days=7),
            "first_date": began.date(),
        }
        session.execute(
            insert(table_of(Enrolment)),
            [
                row_of(Enrolment, id=first + place + 1, participant_id=name, **enrolment)
                for place, name in enumerate(names)
            ],
        )
        schedule = next(one for one in protocol.schedules if one.id == "checkin")
        prompt = {
            "schedule": schedule.id,
            "slot_key": "3.0",
            "slot": "evening",
            "kind": "scheduled",
            "delivery": "note",
            "counts": True,
            "study_day": 3,
            "timezone": "Europe/London",
            "protocol_version": protocol.version,
            "created_at": began,
        }
        session.execute(
            insert(table_of(Prompt)),
            [
                row_of(
                    Prompt,
                    id=first + place + 1,
                    enrolment_id=first + place + 1,
                    participant_id=name,
                    local_date=due.date(),
                    opens_at=due,
                    due_at=due,
                    expires_at=due + DAY / 6,
                    **prompt,
                )
                for place, name in enumerate(names)
            ],
        )
        outbox.enqueue_notes(session, range(first + 1, first + len(names) + 1), began)


def _keys_for(here: Installation, names: list[str], first: int, now: datetime) -> None:
    """As `Vault.enrol` makes them, in one commit."""
    rows = []
    for place, name in enumerate(names):
        nonce = f"{first + place:012}".encode()
        wrapped = nonce + here.vault._wrapping.encrypt(
            nonce, pseudonym(first + place).encode()[:12] + bytes(20), name.encode()
        )
        address = here.vault._hash("telegram", BOT_ID, str(first + place + 1))
        rows.append(
            {
                "participant_id": name,
                "address_hash": address,
                "wrapped_key": wrapped,
                "key_id": here.vault.master_id,
                "created_at": now,
            }
        )
    with here.vault.keystore._writing() as connection:
        connection.execute(insert(_keys), rows)


async def heard(word: str) -> None:
    if (await asyncio.to_thread(sys.stdin.readline)).strip() != word:
        raise SystemExit("whoever started this is gone")


async def send(order: dict[str, Any]) -> None:
    """The product's own sending loop, until it is told to stop."""
    bootstrap.collect_seldom()
    with bootstrap.installation(settings(order)) as here:
        channel = TelegramChannel(TOKEN, order["api"])
        async with channel.bot:
            stop = asyncio.Event()
            running = asyncio.create_task(Sender(here, channel, Random(1)).run(stop))
            print("ready", flush=True)
            await heard("stop")
            stop.set()
            await running


async def bare(order: dict[str, Any]) -> None:
    """python-telegram-bot alone, with its own client or with ours, so many messages at a time."""
    bootstrap.collect_seldom()

    def client() -> BaseRequest:
        return HTTPXRequest() if order["client"] == "httpx" else AiohttpRequest(POOL, READ_SECONDS)

    keys = InlineKeyboardMarkup(
        [
            [InlineKeyboardButton("Start", callback_data="start||1")],
            [InlineKeyboardButton(word, callback_data=f"{word}||1") for word in ("later", "decline")],
        ]
    )
    async with Bot(TOKEN, f"{order['api']}/bot", request=client(), get_updates_request=client()) as bot:

        async def some(chats: range) -> None:
            left = iter(chats)

            async def one_after_another() -> None:
                for chat in left:
                    await bot.send_message(chat, "You have a note.", reply_markup=keys, protect_content=True)

            await asyncio.gather(*(one_after_another() for _ in range(order["at_once"])))

        await some(range(1, 101))
        print("ready", flush=True)
        await heard("go")
        await some(range(1, order["messages"] + 1))
        print("done", flush=True)
        await heard("stop")


def main(what: str, order: str) -> None:
    if what == "fill":
        fill(json.loads(order))
    else:
        asyncio.run({"send": send, "bare": bare}[what](json.loads(order)))


if __name__ == "__main__":
    main(*sys.argv[1:])

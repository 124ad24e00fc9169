"""The process that `form`, `taps` and `checkin` measure: the product's own web server, with people whose check-in is open.

`python -m tests.bench.serving form|taps|checkin URL FOLDER PEOPLE API_URL` fills an empty database, prints one line of JSON
(its port, each person's address and prompt) and serves until it is told to stop.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import questionnaires
from bot.channel import TelegramChannel
from ema import bootstrap
from ema.clock import VirtualClock
from ema.config import Settings
from ema.domain.conversation import State
from ema.domain.protocol import Protocol
from ema.domain.studyfile import load_study
from ema.sender import Sender
from ema.services import study
from ema.services.hours import stored_hours
from ema.services.installation import Installation
from ema.store import participants, prompts, sealed
from ema.store.migrate import migrate
from tests.bench.planner import pseudonym

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
TOKEN = "42:bench"
BOT_ID = 42
SECRET = "bench-secret"
ITEMS = 10
PORTION = 500


def bundled_study() -> Protocol:
    """With its check-in as it is, and nothing else."""
    study = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
    return study.model_copy(update={"schedules": tuple(one for one in study.schedules if one.id == "checkin")})


def protocol() -> Protocol:
    """The bundled study with one check-in of ten ratings and one score of them."""
    bundled = bundled_study()
    form = bundled.questionnaires["checkin"]
    items = tuple(form.items[0].model_copy(update={"id": f"q{number}"}) for number in range(ITEMS))
    score = form.scores[0].model_copy(update={"items": tuple(item.id for item in items)})
    ten = form.model_copy(update={"items": items, "scores": (score,), "pages": (), "sections": ()})
    return bundled.model_copy(update={"questionnaires": {**bundled.questionnaires, "checkin": ten}})


def fill(here: Installation, asked: Protocol, people: int) -> list[tuple[str, int]]:
    """People who were just sent a note. Returns each one's address and prompt."""
    study.load(here, asked, seed="bench")
    hers = asked.preferences("late", "Europe/London")
    made = []
    for first in range(0, people, PORTION):
        numbers = range(first, min(first + PORTION, people))
        keys = {
            number: here.vault.enrol(pseudonym(number), "telegram", BOT_ID, str(10_000_000 + number), START)
            for number in numbers
        }
        with here.database.transaction() as session:
            for number, key in keys.items():
                name = key.participant_id
                participants.add(
                    session,
                    id=name,
                    standing="active",
                    bot_id=BOT_ID,
                    language="en",
                    created_at=START,
                    **stored_hours(hers),
                )
                sealed.set_address(session, key, str(10_000_000 + number))
                enrolment = participants.add_enrolment(
                    session,
                    participant_id=name,
                    study_id=asked.id,
                    protocol_version=asked.version,
                    test=False,
                    joined_at=START,
                    first_date=START.date(),
                )
                prompt = prompts.add(
                    session,
                    now=START,
                    enrolment_id=enrolment.id,
                    participant_id=name,
                    schedule="checkin",
                    slot_key="1.0",
                    slot="afternoon",
                    kind="scheduled",
                    counts=True,
                    position=1,
                    study_day=1,
                    timezone="Europe/London",
                    local_date=START.date(),
                    opens_at=START - timedelta(minutes=5),
                    due_at=START - timedelta(minutes=5),
                    expires_at=START + timedelta(hours=4),
                    protocol_version=asked.version,
                    state="open",
                )
                sealed.save_state(session, key, State().model_dump_json(), format=1, revision=0, anchor=1, now=START)
                made.append((str(10_000_000 + number), prompt.id or 0))
    return made


def main(what: str, url: str, folder: str, people: str, api_url: str) -> None:
    migrate(url)
    settings = Settings(
        data_dir=Path(folder),
        database_url=url,
        port=0,
        telegram_token=TOKEN,  # type: ignore[arg-type]  # pydantic makes it a secret
        telegram_api_url=api_url,
        telegram_webhook_secret=SECRET,  # type: ignore[arg-type]
        messages_per_second=10_000,
    )
    with bootstrap.installation(settings, VirtualClock(START)) as here:
        made = fill(here, bundled_study() if what == "checkin" else protocol(), int(people))
        with here.database.transaction() as session:  # as a database that has lived for a minute knows its tables
            session.connection().exec_driver_sql("ANALYZE")
        channel = TelegramChannel(TOKEN, api_url)
        sock = bootstrap.listen(settings)
        print(json.dumps({"port": sock.getsockname()[1], "people": made}), flush=True)

        async def serve() -> None:
            loops: list[bootstrap.Loop] = []
            if what != "form":
                await channel.bot.initialize()
                loops.append(Sender(here, channel, Random(1)).run)
            await bootstrap.run(loops, bootstrap.web_app(here, [channel]), sock)

        bootstrap.forever(serve())


if __name__ == "__main__":
    main(*sys.argv[1:])

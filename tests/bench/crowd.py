"""Fill a database as a large study leaves it: a hundred prompts for each person, with what belongs to them.

Rows are made by the server from a small table of moments, and lie in the order of time, as they do in a real database:
one person's rows far apart. Everybody has an address, a key and a conversation, so anybody can tap.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    NullPool,
    String,
    Table,
    bindparam,
    create_engine,
    insert,
    make_url,
    select,
    text,
)
from sqlmodel import SQLModel

import questionnaires
from ema.clock import VirtualClock
from ema.config import Settings
from ema.domain.conversation import State
from ema.domain.protocol import Protocol
from ema.domain.studyfile import load_study
from ema.services import study
from ema.services.hours import stored_hours
from ema.services.installation import Installation
from ema.store import keystore
from ema.store.engine import open_database
from ema.store.instant import Instant
from ema.store.migrate import migrate
from ema.store.rows import row_of, table_of
from ema.store.tables import Answer, Conversation, Enrolment, Inbox, Message, Outbox, Participant, Prompt, Score
from ema.store.vault import PersonKey, Vault, open_vault

NOW = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
BOT = 42
DAYS = 50
TODAY = 48
"""The study day that NOW lies in: two more are planned."""
GROUPS = 96
"""People whose prompts are due at the same minutes."""
SINCE = NOW - timedelta(days=7)
"""Answers and finished work in the outbox are there from here on; work that is done is deleted after a week anyway."""
PORTION = 5_000
ITEMS = 7

moment = Table(
    "moment",
    MetaData(),
    *(Column(name, Integer) for name in ("grp", "study_day", "position")),
    *(Column(name, String) for name in ("slot_key", "slot", "phase")),
    Column("local_date", Date),
    *(Column(name, Instant) for name in ("due", "expires", "sent", "acted", "erase_by")),
)

PROMPTS = """
INSERT INTO prompt (enrolment_id, participant_id, schedule, slot_key, slot, kind, delivery, counts, study_day, position,
  timezone, local_date, opens_at, due_at, expires_at, protocol_version, state, reason, created_at, sent_at,
  first_action_at, finished_at, closed_at, n_items, n_shown, n_answered, late_processed, n_snoozed)
SELECT id, participant_id, 'checkin', slot_key, slot, 'scheduled', 'note', true, study_day, position,
  'Europe/London', local_date, due, due, expires, protocol_version, state,
  CASE state WHEN 'missed' THEN 'no response' WHEN 'undelivered' THEN 'outage' WHEN 'paused' THEN 'paused' END,
  :now, CASE WHEN state NOT IN ('planned', 'undelivered', 'paused') THEN sent END,
  CASE WHEN state IN ('completed', 'partial', 'declined') THEN acted END,
  CASE WHEN state = 'completed' THEN acted END,
  CASE WHEN state IN ('completed', 'declined') THEN acted WHEN state NOT IN ('planned', 'open') THEN expires END,
  CASE WHEN state IN ('completed', 'partial') THEN 7 ELSE 0 END,
  CASE state WHEN 'completed' THEN 7 WHEN 'partial' THEN 4 ELSE 0 END,
  CASE state WHEN 'completed' THEN 7 WHEN 'partial' THEN 3 ELSE 0 END, false, 0
FROM (
  SELECT e.id, e.participant_id, e.protocol_version, m.*, CASE
    WHEN m.phase <> 'past' THEN m.phase
    WHEN (e.id * 7 + m.position * 13) % 20 < 10 THEN 'completed'
    WHEN (e.id * 7 + m.position * 13) % 20 < 12 THEN 'partial'
    WHEN (e.id * 7 + m.position * 13) % 20 < 17 THEN 'missed'
    WHEN (e.id * 7 + m.position * 13) % 20 < 18 THEN 'declined'
    WHEN (e.id * 7 + m.position * 13) % 20 < 19 THEN 'undelivered'
    ELSE 'paused' END AS state
  FROM enrolment e JOIN moment m ON m.grp = e.id % :groups WHERE m.position = :position
) AS slots"""
MESSAGES = """
INSERT INTO message (participant_id, message_id, direction, purpose, prompt_id, at, erase_by, gone_at)
SELECT p.participant_id, 2 * p.position, 'out', 'note', p.id, p.sent_at, m.erase_by,
  CASE WHEN m.erase_by <= :now THEN m.erase_by END
FROM prompt p JOIN moment m ON m.grp = p.enrolment_id % :groups AND m.position = p.position
WHERE p.id > :before AND p.sent_at IS NOT NULL"""
WAITING = """
INSERT INTO outbox (participant_id, bot_id, kind, priority, prompt_id, silent, state, not_before, expires_at, attempts, doubts,
  created_at)
SELECT participant_id, :bot, 'note', 2, id, false, 'pending', due_at, expires_at, 0, 0, created_at
FROM prompt WHERE id > :before AND state = 'planned'"""
DONE = """
INSERT INTO outbox (participant_id, bot_id, kind, priority, prompt_id, message_id, dedupe_key, silent, state, not_before,
  expires_at, attempts, doubts, created_at, done_at)
SELECT participant_id, :bot, work, urgency, id, CASE work WHEN 'close' THEN 2 * position END,
  CASE work WHEN 'close' THEN 'close:' || participant_id || ':' || position END, false, 'sent', due_at, expires_at,
  1, 0, created_at, sent_at
FROM prompt CROSS JOIN (SELECT 'note' AS work, 2 AS urgency UNION ALL SELECT 'close', 4) AS kinds
WHERE id > :before AND sent_at IS NOT NULL"""
ANSWERS = """
INSERT INTO answer (participant_id, prompt_id, questionnaire, item, revision, status, language, place, shown_at,
  answered_at, late_processed, after_end)
SELECT p.participant_id, p.id, 'checkin', 'item' || m.grp, 1, 'skipped', 'en', m.grp, p.first_action_at,
  p.first_action_at, false, false
FROM prompt p JOIN moment m ON m.position = 1 AND m.grp BETWEEN 1 AND p.n_answered WHERE p.id > :before"""
SCORES = """
INSERT INTO score (participant_id, prompt_id, name, n_items, n_of, imputed, mode, computed_at)
SELECT participant_id, id, 'wellbeing', 0, 4, false, '', finished_at FROM prompt
WHERE id > :before AND state = 'completed'"""
TAKEN = """
INSERT INTO inbox (bot_id, update_id, state, attempts, received_at)
SELECT :bot, id, 'done', 1, first_action_at FROM prompt
WHERE id > :before AND first_action_at IS NOT NULL"""


def fill(url: str, people: int, folder: Path) -> None:
    """A database with so many people at an empty URL; keys and the file that wraps them in `folder`."""
    migrate(url)
    with opened(url, folder) as here, quick(url) as connection:
        study.load(here, protocol(), seed="bench")
        add_people(connection, here.vault, people)
        _moments(connection)
        indexes = [index for model in BIG for index in table_of(model).indexes]
        for index in indexes:
            index.drop(connection)
        _rows(connection)
        for index in indexes:
            index.create(connection)
        moment.drop(connection)
    if not url.startswith("sqlite"):  # as autovacuum does by and by; a SQLite database has no statistics
        with quick(url, autocommit=True) as connection:
            connection.execute(text("VACUUM ANALYZE"))


BIG = (Prompt, Outbox, Message, Answer, Score, Inbox)


def protocol() -> Protocol:
    """The bundled check-in for as many days."""
    bundled = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
    checkin = bundled.schedule("checkin").model_copy(update={"last_day": DAYS + 10})
    return bundled.model_copy(update={"schedules": (checkin,), "days": DAYS + 10})


def pseudonym(number: int) -> str:
    """In no order, as real ones: rows of one batch lie far apart in an index."""
    return sha256(str(number).encode()).hexdigest()[:12]


def address(number: int) -> str:
    return str(10_000_000 + number)


@contextmanager
def opened(url: str, folder: Path) -> Iterator[Installation]:
    """With durable commits."""
    database, vault = open_database(url), open_vault(f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key")
    yield Installation(database, vault, VirtualClock(NOW), Settings(data_dir=folder))
    vault.close()
    database.close()


@contextmanager
def quick(url: str, *, autocommit: bool = False) -> Iterator[Connection]:
    """A connection that writes as fast as it can: what it fills is not needed when the power fails."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, poolclass=NullPool, **({"isolation_level": "AUTOCOMMIT"} if autocommit else {}))
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            for pragma in ("synchronous = OFF", "foreign_keys = OFF", "cache_size = -3000000", "temp_store = MEMORY"):
                connection.exec_driver_sql(f"PRAGMA {pragma}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")  # no foreign keys are looked up
            connection.exec_driver_sql("SET synchronous_commit = off")
            connection.exec_driver_sql("SET maintenance_work_mem = '512MB'")
        connection.commit()
        yield connection
        connection.commit()
    engine.dispose()


def add_people(connection: Connection, vault: Vault, people: int, now: datetime = NOW, *, silent: bool = True) -> None:
    """People who take part since some weeks, by number; `silent`: some of them have not been heard for days."""
    hers = stored_hours(protocol().preferences("late", "Europe/London"))
    person = {"standing": "active", "bot_id": BOT, "language": "en", "hours_preset": "late", **hers}
    joined = now - timedelta(days=TODAY)
    version = connection.execute(text("SELECT current_version FROM study")).scalar_one()
    enrolment = {
        "study_id": "twice_daily",
        "protocol_version": version,
        "joined_version": version,
        "test": False,
        "joined_at": joined,
        "first_date": (now - timedelta(days=TODAY - 1)).date(),
        "planned_through": DAYS,
    }
    for first in range(0, people, PORTION):
        keys = [_key(vault, number) for number in range(first, min(first + PORTION, people))]
        rows: dict[type[SQLModel], list[dict[str, object]]] = {Participant: [], Enrolment: [], Conversation: []}
        for number, (key, _) in enumerate(keys, first):
            name = key.participant_id
            # one in ten has been silent for a few days, one in fifty for weeks
            days = (20 if number % 50 == 7 else 3 if number % 10 == 3 else 0) if silent else 0
            heard = now - timedelta(days=days, minutes=number % 1300)
            quiet = {"standing": "quiet", "quiet_at": now - timedelta(days=3)} if days == 20 else {}
            sealed = key.seal("participant", name, "address", address(number).encode())
            known = {"address_sealed": sealed, "created_at": joined, "last_heard_at": heard}
            rows[Participant].append(row_of(Participant, id=name, **known, **(person | quiet)))
            plan_next_at = now + timedelta(hours=18, minutes=number % 600)
            watch = {"silence_next_at": now + timedelta(days=7 - days % 7, minutes=-(number % 1300))}
            rows[Enrolment].append(
                row_of(Enrolment, participant_id=name, plan_next_at=plan_next_at, **watch, **enrolment)
            )
            state = key.seal("conversation", f"{name}/0", "state", State().model_dump_json().encode())
            talk = {"format": 1, "revision": 0, "state_sealed": state, "updated_at": heard}
            rows[Conversation].append(row_of(Conversation, participant_id=name, **talk))
        for model, those in rows.items():
            connection.execute(insert(table_of(model)), those)
        with vault.keystore._writing() as store:
            store.execute(insert(keystore._keys), [row for _, row in keys])
    connection.commit()


def _key(vault: Vault, number: int) -> tuple[PersonKey, dict[str, object]]:
    """Her key, and its row in the key store: many are stored in one commit, which the vault has no need of."""
    name, key = pseudonym(number), sha256(f"key {number}".encode()).digest()
    nonce = sha256(f"nonce {number}".encode()).digest()[:12]
    return PersonKey(name, key, vault.installation), {
        "participant_id": name,
        "address_hash": vault._hash("telegram", BOT, address(number)),
        "wrapped_key": nonce + vault._wrapping.encrypt(nonce, key, name.encode()),
        "key_id": vault.master_id,
        "created_at": NOW - timedelta(days=TODAY),
    }


def _moments(connection: Connection) -> None:
    """When each group's prompts are due: the first half of them in the first half of the day, 12 hours later again."""
    moment.create(connection)
    midnight = NOW.replace(hour=0)
    rows = []
    for group in range(GROUPS):
        for day in range(1, DAYS + 1):
            for index, slot in enumerate(("afternoon", "evening")):
                due = midnight + timedelta(days=day - TODAY, hours=12 * index, minutes=7 * group)
                expires, sent = due + timedelta(hours=4), due + timedelta(seconds=2)
                rows.append(
                    {
                        "grp": group,
                        "study_day": day,
                        "position": 2 * day + index - 1,
                        "slot_key": f"{day}.{index}",
                        "slot": slot,
                        "phase": "past" if expires <= NOW else "open" if due <= NOW else "planned",
                        "local_date": due.date(),
                        "due": due,
                        "expires": expires,
                        "sent": sent,
                        "acted": sent + timedelta(minutes=20),
                        "erase_by": sent + timedelta(hours=46),
                    }
                )
    connection.execute(insert(moment), rows)
    connection.execute(text("CREATE INDEX moment_of ON moment (position, grp)"))
    connection.commit()


def _rows(connection: Connection) -> None:
    def run(statement: str, **values: object) -> None:
        about = {"now": NOW, "groups": GROUPS, "bot": BOT} | values
        named = [bindparam(name, value, _type(value)) for name, value in about.items() if f":{name}" in statement]
        connection.execute(text(statement).bindparams(*named))

    recent = (SINCE - NOW).days + TODAY
    for position in range(1, 2 * DAYS + 1):
        before = connection.execute(select(text("coalesce(max(id), 0)")).select_from(table_of(Prompt))).scalar_one()
        run(PROMPTS, position=position)
        run(MESSAGES, before=before)
        if position > 2 * recent:
            for statement in (DONE, ANSWERS, SCORES):
                run(statement, before=before)
        if position > 2 * (TODAY - 2):
            run(TAKEN, before=before)
            run(WAITING, before=before)
        connection.commit()


def _type(value: object) -> Instant | None:
    return Instant() if isinstance(value, datetime) else None

"""Try to open every sealed value: what `ema doctor` does. Nothing that is opened leaves this file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from ema.store.rows import table_of
from ema.store.sealed import PEOPLE_AT_ONCE, state_row
from ema.store.sealed.secret import secret_row
from ema.store.tables import (
    Answer,
    Care,
    Conversation,
    Enrolment,
    Inbox,
    Media,
    Participant,
    Prompt,
    Score,
    Secret,
    Share,
    Voucher,
)
from ema.store.vault import KeyDestroyed, PersonKey, Seal, Unreadable, Vault

_PARTICIPANT = table_of(Participant)
_CONVERSATION = table_of(Conversation)
_ANSWER = table_of(Answer)
_SCORE = table_of(Score)
_INBOX = table_of(Inbox)
_MEDIA = table_of(Media)
_SECRET = table_of(Secret)
_SHARE = table_of(Share)
_PROMPT = table_of(Prompt)
_ENROLMENT = table_of(Enrolment)
_VOUCHER = table_of(Voucher)
_CARE = table_of(Care)


def unreadable(session: Session, vault: Vault) -> Iterator[str]:
    """Try to open every sealed value. Yields a line for each that does not open; people without a key are left out."""
    participants = session.execute(select(_PARTICIPANT.c.id).order_by(_PARTICIPANT.c.id)).scalars().all()
    for start in range(0, len(participants), PEOPLE_AT_ONCE):
        chunk = participants[start : start + PEOPLE_AT_ONCE]
        try:
            keys = vault.persons(chunk)
        except Unreadable:
            keys = {}
            for participant_id in chunk:
                try:
                    keys[participant_id] = vault.person(participant_id)
                except KeyDestroyed:
                    continue
                except Unreadable as error:
                    yield str(error)
        yield from _unreadable_of(session, keys)
    strangers = (_INBOX.c.body_sealed.is_not(None), _INBOX.c.participant_id.is_(None))
    for row in session.execute(select(_INBOX).where(*strangers)):
        yield from _try(vault.installation, "inbox", f"{row.bot_id}/{row.update_id}", "body", row.body_sealed)

    free = (_VOUCHER.c.code_sealed.is_not(None), _VOUCHER.c.participant_id.is_(None))
    for row in session.execute(select(_VOUCHER).where(*free)):
        yield from _try(vault.installation, "voucher", row.id, "code", row.code_sealed)


def _unreadable_of(session: Session, keys: dict[str, PersonKey]) -> Iterator[str]:
    ids = list(keys)
    columns = ("address", "discreet", "wishes")
    hers = select(_PARTICIPANT.c.id, *(_PARTICIPANT.c[f"{column}_sealed"].label(column) for column in columns))
    for row in session.execute(hers.where(_PARTICIPANT.c.id.in_(ids))):
        for column in columns:
            if (value := getattr(row, column)) is not None:
                yield from _try(keys[row.id], "participant", row.id, column, value)
    for row in session.execute(select(_VOUCHER).where(_VOUCHER.c.participant_id.in_(ids))):
        yield from _try(keys[row.participant_id], "voucher", row.id, "code", row.code_sealed)
    for row in session.execute(select(_CONVERSATION).where(_CONVERSATION.c.participant_id.in_(ids))):
        key = keys[row.participant_id]
        yield from _try(key, "conversation", state_row(key, row.revision), "state", row.state_sealed)
    for row in session.execute(select(_INBOX).where(_INBOX.c.participant_id.in_(ids))):
        where = f"{row.bot_id}/{row.update_id}"
        yield from _try(keys[row.participant_id], "inbox", where, "body", row.body_sealed)
    started = (
        select(_PROMPT.c.id, _PROMPT.c.participant_id, _PROMPT.c.course_sealed)
        .join(_ENROLMENT, _ENROLMENT.c.id == _PROMPT.c.enrolment_id)
        .where(_ENROLMENT.c.participant_id.in_(ids), _PROMPT.c.course_sealed.is_not(None))
    )
    for prompt_id, participant_id, course in session.execute(started):
        yield from _try(keys[participant_id], "prompt", str(prompt_id), "course", course)
    for row in session.execute(select(_MEDIA).where(_MEDIA.c.participant_id.in_(ids)).execution_options(yield_per=20)):
        for column, value in (("reference", row.reference_sealed), ("body", row.body_sealed)):
            if value is not None:
                yield from _try(keys[row.participant_id], "media", row.id, column, value)
    pins = (_SECRET.c.participant_id.in_(ids), _SECRET.c.hash_sealed.is_not(None))
    for row in session.execute(select(_SECRET).where(*pins)):
        key = keys[row.participant_id]
        yield from _try(key, "secret", secret_row(key, row.kind), "hash", row.hash_sealed)
    for row in session.execute(select(_SHARE).where(_SHARE.c.participant_id.in_(ids))):
        yield from _try(keys[row.participant_id], "share", row.token_hash, "whom", row.whom_sealed)
    for row in session.execute(select(_CARE).where(_CARE.c.participant_id.in_(ids))):
        yield from _try(keys[row.participant_id], "care", str(row.prompt_id), "rule", row.rule_sealed)
    for row in session.execute(_sealed(_ANSWER, ids)):
        where = f"{row.prompt_id}/{row.item}/{row.revision}"
        yield from _try(keys[row.participant_id], "answer", where, "value", row.value_sealed)
    for row in session.execute(_sealed(_SCORE, ids)):
        yield from _try(keys[row.participant_id], "score", f"{row.prompt_id}/{row.name}", "value", row.value_sealed)


def _sealed(table: Any, ids: list[str]) -> Select[Any]:
    has_value: ColumnElement[bool] = table.c.value_sealed.is_not(None)
    return select(table).where(table.c.participant_id.in_(ids), has_value)


def _try(key: Seal, table: str, row: str, column: str, sealed: bytes) -> Iterator[str]:
    try:
        key.open(table, row, column, sealed)
    except Unreadable as error:
        yield str(error)

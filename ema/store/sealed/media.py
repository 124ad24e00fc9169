"""Recordings and pictures that she sent. They are fetched after her message has been taken, by the sender."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from ema.store.rows import insert_into, table_of
from ema.store.tables import Enrolment, Media, Prompt
from ema.store.vault import PersonKey, Vault

_MEDIA = table_of(Media)
_PROMPT = table_of(Prompt)
_ENROLMENT = table_of(Enrolment)


@dataclass(frozen=True)
class About:
    """What is known of one of them without opening it."""

    id: str
    participant_id: str
    prompt_id: int
    item: str
    state: str
    mime: str | None


@dataclass(frozen=True)
class OpenMedia:
    """One of them. `body` is None while it is not fetched, and for good where the channel had it no longer."""

    id: str
    participant_id: str
    prompt_id: int
    item: str
    kind: str
    mime: str | None
    body: bytes | None


def expect(
    session: Session,
    key: PersonKey,
    media_id: str,
    *,
    prompt_id: int,
    item: str,
    kind: str,
    reference: str,
    now: datetime,
) -> None:
    """Note what is to be fetched. `reference` is the channel's own handle."""
    statement = insert_into(session, _MEDIA).values(
        id=media_id,
        participant_id=key.participant_id,
        prompt_id=prompt_id,
        item=item,
        kind=kind,
        state="expected",
        reference_sealed=key.seal("media", media_id, "reference", reference.encode()),
        at=now,
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["id"]))


def reference_of(session: Session, key: PersonKey, media_id: str) -> str | None:
    """The channel's handle of what is still to be fetched; None where nothing is."""
    sealed = session.execute(select(_MEDIA.c.reference_sealed).where(*_expected(key, media_id))).scalar()
    return None if sealed is None else key.open("media", media_id, "reference", sealed).decode()


def keep(session: Session, key: PersonKey, media_id: str, *, body: bytes, mime: str) -> None:
    """It is fetched: the handle goes."""
    values = {
        "state": "kept",
        "body_sealed": key.seal("media", media_id, "body", body),
        "mime": mime,
        "reference_sealed": None,
    }
    session.execute(update(_MEDIA).where(*_expected(key, media_id)).values(**values))


def lose(session: Session, key: PersonKey, media_id: str) -> None:
    """The channel has it no longer."""
    session.execute(update(_MEDIA).where(*_expected(key, media_id)).values(state="lost", reference_sealed=None))


def _expected(key: PersonKey, media_id: str) -> tuple[ColumnElement[bool], ...]:
    return (_MEDIA.c.id == media_id, _MEDIA.c.participant_id == key.participant_id, _MEDIA.c.state == "expected")


def about(session: Session, study_id: str) -> list[About]:
    """All of a study, by person and id, unopened."""
    columns = (_MEDIA.c[name] for name in About.__dataclass_fields__)
    statement = (
        select(*columns)
        .join(_PROMPT, _PROMPT.c.id == _MEDIA.c.prompt_id)
        .join(_ENROLMENT, _ENROLMENT.c.id == _PROMPT.c.enrolment_id)
        .where(_ENROLMENT.c.study_id == study_id)
        .order_by(_MEDIA.c.participant_id, _MEDIA.c.id)
    )
    return [About(*row) for row in session.execute(statement)]


def of_study(session: Session, vault: Vault, study_id: str) -> Iterator[OpenMedia]:
    """All of a study, one after another, by person and id. Who was erased has none."""
    statement = (
        select(_MEDIA)
        .join(_PROMPT, _PROMPT.c.id == _MEDIA.c.prompt_id)
        .join(_ENROLMENT, _ENROLMENT.c.id == _PROMPT.c.enrolment_id)
        .where(_ENROLMENT.c.study_id == study_id)
        .order_by(_MEDIA.c.participant_id, _MEDIA.c.id)
        .execution_options(yield_per=1)
    )
    for row in session.execute(statement):
        key = vault.persons([row.participant_id]).get(row.participant_id)
        if key is None:
            continue
        body = None if row.body_sealed is None else key.open("media", row.id, "body", row.body_sealed)
        yield OpenMedia(row.id, row.participant_id, row.prompt_id, row.item, row.kind, row.mime, body)

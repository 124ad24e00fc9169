"""Studies, the immutable versions of their protocols, and invitations. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from ema.domain.errors import EmaError
from ema.domain.protocol import Protocol
from ema.store.rows import insert_into, many, one, part, table_of
from ema.store.tables import Allocated, Enrolment, Invitation, Participant, ProtocolVersion, Study

_STUDY = table_of(Study)
_ALLOCATED = table_of(Allocated)
_PROTOCOL = table_of(ProtocolVersion)
_INVITATION = table_of(Invitation)
_PARTICIPANT = table_of(Participant)
_ENROLMENT = table_of(Enrolment)


class NoSuchStudy(EmaError):
    """No study of this name is loaded."""

    status = 404


class NoInvitation(EmaError):
    """Joining needs an invitation that is still good."""

    status = 409


class VersionTaken(EmaError):
    """The study's version is stored with other content. Raise `version` in the file: versions never change."""

    status = 409


def store(session: Session, protocol: Protocol, *, seed: str, now: datetime) -> bool:
    """Store a protocol as a version of its study, and make it current if it is the newest. False: it was there already.

    A new study starts piloting, with `seed` for its random times. Raises VersionTaken.
    """
    session.execute(
        insert_into(session, _STUDY)
        .values(
            id=protocol.id,
            title=protocol.title,
            state="piloting",
            current_version=protocol.version,
            seed=seed,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["id"])
    )
    sha256 = protocol.sha256()
    values = {
        "study_id": protocol.id,
        "version": protocol.version,
        "format": protocol.format,
        "sha256": sha256,
        "document": protocol.document(),
        "created_at": now,
    }
    new = session.execute(
        insert_into(session, _PROTOCOL)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["study_id", "version"])
        .returning(_PROTOCOL.c.version)
    ).first()
    if new is None:
        key = (_PROTOCOL.c.study_id == protocol.id, _PROTOCOL.c.version == protocol.version)
        if session.execute(select(_PROTOCOL.c.sha256).where(*key)).scalar_one() != sha256:
            raise VersionTaken(
                f"version {protocol.version} of {protocol.id} is stored with other content: raise `version` in the file"
            )
        return False
    session.execute(
        update(_STUDY)
        .where(_STUDY.c.id == protocol.id, _STUDY.c.current_version <= protocol.version)
        .values(current_version=protocol.version, title=protocol.title)
    )
    return True


def protocol(session: Session, study_id: str, version: int | None = None) -> Protocol:
    """One version of a study's protocol, or the current one. Parsed once for each content. Raises NoSuchStudy."""
    row = session.execute(_named(), {"study_id": study_id, "version": version}).first()
    if row is None:
        raise NoSuchStudy(f"there is no study “{study_id}”" + (f" with version {version}" if version else ""))
    return _parsed(session, row.study_id, row.version, row.sha256)


@cache
def _named() -> Select[Any]:
    return (
        select(_PROTOCOL.c.study_id, _PROTOCOL.c.version, _PROTOCOL.c.sha256)
        .join(_STUDY, _STUDY.c.id == _PROTOCOL.c.study_id)
        .where(
            _STUDY.c.id == bindparam("study_id"),
            _PROTOCOL.c.version
            == func.coalesce(bindparam("version", type_=_PROTOCOL.c.version.type), _STUDY.c.current_version),
        )
    )


@dataclass(frozen=True)
class Placed:
    """A participant in her study, read in one query: every tap needs it."""

    participant: Participant
    enrolment: Enrolment
    protocol: Protocol
    study_state: str
    study_seed: str


def placed(session: Session, participant_id: str) -> Placed | None:
    """Her, the enrolment that she is in or was in last, and its protocol. None until she has joined."""
    row = session.execute(_placed_one(), {"participant_id": participant_id}).first()
    return None if row is None else _place(session, row)


def placed_all(session: Session, participant_ids: Collection[str]) -> dict[str, Placed]:
    """The same for many in one query."""
    found: dict[str, Placed] = {}
    for row in session.execute(_placed_all(), {"participant_ids": list(participant_ids)}):
        if row[0] not in found:  # otherwise an older enrolment
            found[row[0]] = _place(session, row)
    return found


def _place(session: Session, row: Row[Any]) -> Placed:
    enrolment = part(Enrolment, row, len(_PARTICIPANT.c))
    protocol = _parsed(session, enrolment.study_id, enrolment.protocol_version, row._mapping[_PROTOCOL.c.sha256])  # noqa: SLF001
    state, seed = row._mapping[_STUDY.c.state], row._mapping[_STUDY.c.seed]  # noqa: SLF001
    return Placed(part(Participant, row, 0), enrolment, protocol, state, seed)


@cache
def _placed_one() -> Select[Any]:
    return _placed_where(_ENROLMENT.c.participant_id == bindparam("participant_id")).limit(1)


@cache
def _placed_all() -> Select[Any]:
    # by her enrolment: without statistics PostgreSQL would look through everybody's for a batch
    return _placed_where(_ENROLMENT.c.participant_id.in_(bindparam("participant_ids", expanding=True)))


def _placed_where(hers: ColumnElement[bool]) -> Select[Any]:
    return (
        select(_PARTICIPANT, _ENROLMENT, _STUDY.c.state, _STUDY.c.seed, _PROTOCOL.c.sha256)
        .join(_ENROLMENT, _ENROLMENT.c.participant_id == _PARTICIPANT.c.id)
        .join(_STUDY, _STUDY.c.id == _ENROLMENT.c.study_id)
        .join(
            _PROTOCOL,
            and_(_PROTOCOL.c.study_id == _STUDY.c.id, _PROTOCOL.c.version == _ENROLMENT.c.protocol_version),
        )
        .where(hers)
        .order_by(_ENROLMENT.c.ended_at.is_(None).desc(), _ENROLMENT.c.id.desc())
    )


_CACHED = 64
_parsed_already: dict[str, Protocol] = {}


def _parsed(session: Session, study_id: str, version: int, sha256: str) -> Protocol:
    if sha256 not in _parsed_already:
        key = (_PROTOCOL.c.study_id == study_id, _PROTOCOL.c.version == version)
        document = session.execute(select(_PROTOCOL.c.document).where(*key)).scalar_one()
        if len(_parsed_already) >= _CACHED:
            _parsed_already.pop(next(iter(_parsed_already)), None)
        _parsed_already[sha256] = Protocol.model_validate_json(document)
    return _parsed_already[sha256]


def next_in_stratum(session: Session, study_id: str, stratum: str) -> int:
    """The number, from 1, of the next person whom chance puts into an arm. No two people get the same."""
    statement = insert_into(session, _ALLOCATED).values(study_id=study_id, stratum=stratum, number=1)
    statement = statement.on_conflict_do_update(
        index_elements=["study_id", "stratum"], set_={"number": _ALLOCATED.c.number + 1}
    )
    number: int = session.execute(statement.returning(_ALLOCATED.c.number)).scalar_one()
    return number


def get(session: Session, study_id: str) -> Study:
    """Raises NoSuchStudy."""
    found = one(session, Study, _study(), study_id=study_id)
    if found is None:
        raise NoSuchStudy(f"there is no study “{study_id}”")
    return found


@cache
def _study() -> Select[Any]:
    return select(_STUDY).where(_STUDY.c.id == bindparam("study_id"))


def everything(session: Session) -> list[Study]:
    return many(session, Study, select(_STUDY).order_by(_STUDY.c.created_at, _STUDY.c.id))


def versions(session: Session, study_id: str) -> list[int]:
    return list(
        session.execute(
            select(_PROTOCOL.c.version).where(_PROTOCOL.c.study_id == study_id).order_by(_PROTOCOL.c.version)
        ).scalars()
    )


def in_use(session: Session, study_id: str) -> list[int]:
    """The current version, and those that somebody takes part under."""
    current = select(_STUDY.c.current_version).where(_STUDY.c.id == study_id)
    running = select(_ENROLMENT.c.protocol_version).where(
        _ENROLMENT.c.study_id == study_id, _ENROLMENT.c.ended_at.is_(None)
    )
    return sorted(session.execute(current.union(running)).scalars())


def held(session: Session, study_id: str) -> dict[int, int]:
    """Version → whose data are here under it, whether they still take part or not. Tests are left out."""
    version = _ENROLMENT.c.protocol_version
    statement = (
        select(version, func.count().label("people"))
        .where(_ENROLMENT.c.study_id == study_id, _ENROLMENT.c.test.is_(False))
        .group_by(version)
    )
    return {row.protocol_version: row.people for row in session.execute(statement)}


def set_state(session: Session, study_id: str, state: str, now: datetime) -> None:
    """Open or close a study. Opening notes when."""
    values: dict[str, Any] = {"state": state}
    if state == "open":
        values["opened_at"] = func.coalesce(_STUDY.c.opened_at, bindparam("at", now, type_=_STUDY.c.opened_at.type))
    session.execute(update(_STUDY).where(_STUDY.c.id == study_id).values(**values))


# --- invitations


def invite(
    session: Session, study_id: str, code_hashes: Mapping[str, int | None], *, test: bool, now: datetime
) -> None:
    """Keep these invitations: code's hash → the bot that its link leads to, if it has a link."""
    rows = [
        {"code_hash": code, "study_id": study_id, "bot_id": bot_id, "test": test, "created_at": now}
        for code, bot_id in code_hashes.items()
    ]
    session.execute(insert(_INVITATION), rows)


def claim_invitation(session: Session, code_hash: str, participant_id: str) -> Invitation | None:
    """Hold an invitation for who is joining by it; who holds it already holds it again. None: unknown or taken."""
    free = or_(
        and_(_INVITATION.c.participant_id.is_(None), _INVITATION.c.used_at.is_(None)),
        _INVITATION.c.participant_id == participant_id,
    )
    statement = (
        update(_INVITATION)
        .where(_INVITATION.c.code_hash == code_hash, free)
        .values(participant_id=participant_id)
        .returning(_INVITATION)
    )
    return one(session, Invitation, statement)


def joining_study(session: Session, participant_id: str) -> str | None:
    """The study that her invitation is for."""
    held = invitation_of(session, participant_id)
    return None if held is None else held.study_id


def is_free(session: Session, code_hash: str) -> bool:
    """Somebody may join by this code now: it is unused, and its study is not closed."""
    free = (_INVITATION.c.participant_id.is_(None), _INVITATION.c.used_at.is_(None), _STUDY.c.state != "closed")
    statement = select(_INVITATION.c.code_hash).join(_STUDY, _STUDY.c.id == _INVITATION.c.study_id)
    return session.execute(statement.where(_INVITATION.c.code_hash == code_hash, *free)).first() is not None


def use_invitation(session: Session, participant_id: str, now: datetime) -> tuple[int, bool]:
    """She joins: her invitation is spent. Returns the study's current version, and whether it was a test invitation.

    Raises NoInvitation.
    """
    held = invitation_of(session, participant_id)
    if held is None:
        raise NoInvitation(NoInvitation.__doc__)
    session.execute(
        update(_INVITATION)
        .where(_INVITATION.c.code_hash == held.code_hash, _INVITATION.c.used_at.is_(None))
        .values(used_at=now)
    )
    version = select(_STUDY.c.current_version).where(_STUDY.c.id == held.study_id)
    return session.execute(version).scalar_one(), held.test


def free_invitation(session: Session, participant_id: str, *, burn: bool = False) -> None:
    """Let go of her invitation. Somebody, or she another day, may join by it, unless it was used or is to `burn`."""
    values: dict[str, Any] = {"participant_id": None}
    if burn:
        values["used_at"] = func.coalesce(_INVITATION.c.used_at, _INVITATION.c.created_at)
    session.execute(update(_INVITATION).where(_INVITATION.c.participant_id == participant_id).values(**values))


def invitation_of(session: Session, participant_id: str) -> Invitation | None:
    """The invitation that she holds, the newest if several."""
    statement = (
        select(_INVITATION)
        .where(_INVITATION.c.participant_id == participant_id)
        .order_by(_INVITATION.c.created_at.desc())
        .limit(1)
    )
    return one(session, Invitation, statement)


def invitations(session: Session, study_id: str) -> list[Invitation]:
    return many(
        session,
        Invitation,
        select(_INVITATION).where(_INVITATION.c.study_id == study_id).order_by(_INVITATION.c.created_at),
    )

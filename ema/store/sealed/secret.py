"""What only she knows: the slow hash of her PIN (sealed), and hashes of codes. The caller owns the transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ema.store.rows import many, one, row_of, table_of
from ema.store.tables import Secret
from ema.store.vault import PersonKey

_SECRET = table_of(Secret)


def keep_pin(session: Session, key: PersonKey, kind: Literal["pin", "draft"], phc: str, now: datetime) -> None:
    """Keep this hash (PHC text) in place of the one before."""
    drop(session, key.participant_id, kind)
    sealed = key.seal("secret", secret_row(key, kind), "hash", phc.encode())
    _add(session, participant_id=key.participant_id, kind=kind, hash_sealed=sealed, made_at=now)


def pin_of(session: Session, key: PersonKey, kind: Literal["pin", "draft"]) -> str | None:
    """The hash that is kept, as PHC text."""
    hers = (_SECRET.c.participant_id == key.participant_id, _SECRET.c.kind == kind)
    sealed = session.execute(select(_SECRET.c.hash_sealed).where(*hers)).scalar()
    return None if sealed is None else key.open("secret", secret_row(key, kind), "hash", sealed).decode()


def secret_row(key: PersonKey, kind: str) -> str:
    """What a hash is sealed to."""
    return f"{key.participant_id}/{kind}"


def keep_code(  # noqa: PLR0917
    session: Session,
    participant_id: str,
    kind: Literal["code", "issued"],
    hashed: str,
    now: datetime,
    ends: datetime | None,
) -> None:
    _add(session, participant_id=participant_id, kind=kind, code_hash=hashed, made_at=now, expires_at=ends)


def by_code(session: Session, hashed: str) -> Secret | None:
    return one(session, Secret, select(_SECRET).where(_SECRET.c.code_hash == hashed))


def codes_of(session: Session, participant_id: str) -> list[Secret]:
    """Those that she made and that were not used, the oldest first."""
    hers = (_SECRET.c.participant_id == participant_id, _SECRET.c.kind == "code")
    return many(session, Secret, select(_SECRET).where(*hers).order_by(_SECRET.c.id))


def spend(session: Session, secret: Secret) -> bool:
    """Use a code up. False: somebody was faster."""
    done = session.execute(delete(_SECRET).where(_SECRET.c.id == secret.id))
    return bool(done.rowcount == 1)  # type: ignore[attr-defined]


def drop(session: Session, participant_id: str, *kinds: str, since: datetime | None = None) -> None:
    """Delete those of these kinds, made after `since` where that is given."""
    hers = [_SECRET.c.participant_id == participant_id, _SECRET.c.kind.in_(kinds)]
    if since is not None:
        hers.append(_SECRET.c.made_at >= since)
    session.execute(delete(_SECRET).where(*hers))


def _add(session: Session, **values: object) -> None:
    row = row_of(Secret, **values)
    session.execute(insert(_SECRET).values({name: value for name, value in row.items() if name != "id"}))

"""Pages that she let go to services. For whom they are is sealed; of what opens one only a hash is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from ema.domain.sharing import Out
from ema.store.rows import row_of, table_of
from ema.store.tables import Share
from ema.store.vault import PersonKey

_SHARE: Final = table_of(Share)


def add(  # noqa: PLR0917
    session: Session, key: PersonKey, token_hash: str, what: Sequence[str], whom: str, expires_at: datetime
) -> None:
    """One more page can be opened."""
    values = row_of(
        Share,
        participant_id=key.participant_id,
        token_hash=token_hash,
        what=",".join(what),
        whom_sealed=key.seal("share", token_hash, "whom", whom.encode()),
        expires_at=expires_at,
    )
    session.execute(insert(_SHARE).values(**values))


def out(session: Session, key: PersonKey, now: datetime) -> tuple[Out, ...]:
    """Those of hers that can be opened now, the oldest first."""
    hers = (_SHARE.c.participant_id == key.participant_id, _SHARE.c.expires_at > now)
    rows = session.execute(select(_SHARE).where(*hers).order_by(_SHARE.c.id))
    return tuple(
        Out(
            row.id,
            key.open("share", row.token_hash, "whom", row.whom_sealed).decode(),
            row.expires_at,
            row.opened,
            row.opened_at,
        )
        for row in rows
    )


def number_out(session: Session, participant_id: str, now: datetime) -> int:
    hers = (_SHARE.c.participant_id == participant_id, _SHARE.c.expires_at > now)
    return session.execute(select(func.count()).select_from(_SHARE).where(*hers)).scalar_one()


def count_opening(session: Session, token_hash: str, now: datetime) -> tuple[str, str, datetime] | None:
    """Whose page this is, what is on it and until when; None where it can't be opened, or not any more."""
    row = session.execute(
        update(_SHARE)
        .where(_SHARE.c.token_hash == token_hash, _SHARE.c.expires_at > now)
        .values(opened=_SHARE.c.opened + 1, opened_at=now)
        .returning(_SHARE.c.participant_id, _SHARE.c.what, _SHARE.c.expires_at)
    ).first()
    return None if row is None else (row.participant_id, row.what, row.expires_at)


def withdraw(session: Session, participant_id: str, number: int | None = None) -> None:
    """The page of this number, or all of hers, can't be opened any more."""
    hers = _SHARE.c.participant_id == participant_id
    session.execute(delete(_SHARE).where(hers if number is None else hers & (_SHARE.c.id == number)))


def withdraw_all(session: Session) -> None:
    """Nobody's can be opened: a backup may hold pages that were ended after it was made."""
    session.execute(delete(_SHARE))


def purge(session: Session, now: datetime) -> None:
    """What has run out is forgotten."""
    session.execute(delete(_SHARE).where(_SHARE.c.expires_at <= now))

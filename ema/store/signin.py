"""Staff members, their one-time links and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ema.store.rows import insert_into, table_of
from ema.store.tables import SignIn, Staff

_staff: Final = table_of(Staff)
_sign_in: Final = table_of(SignIn)


def add_staff(session: Session, name: str, role: str, now: datetime) -> int | None:
    """The new number; None if the name is taken."""
    added = insert_into(session, _staff).values(name=name, role=role, created_at=now)
    return session.execute(added.on_conflict_do_nothing().returning(_staff.c.id)).scalar()


def disable_staff(session: Session, staff_id: int, now: datetime) -> None:
    session.execute(
        update(_staff).where(_staff.c.id == staff_id, _staff.c.disabled_at.is_(None)).values(disabled_at=now)
    )
    session.execute(delete(_sign_in).where(_sign_in.c.staff_id == staff_id))


def add(session: Session, kind: str, token_hash: str, *, staff_id: int, now: datetime, expires_at: datetime) -> None:
    session.execute(
        insert_into(session, _sign_in).values(
            kind=kind, token_hash=token_hash, staff_id=staff_id, created_at=now, expires_at=expires_at
        )
    )


def use_link(session: Session, token_hash: str, now: datetime) -> int | None:
    """Use a link up. Whose it was; None if it was used, is over, or is nobody's. Of two at once, one wins."""
    enabled = select(_staff.c.id).where(_staff.c.disabled_at.is_(None))
    return session.execute(
        update(_sign_in)
        .where(
            _sign_in.c.token_hash == token_hash,
            _sign_in.c.kind == "link",
            _sign_in.c.used_at.is_(None),
            _sign_in.c.expires_at > now,
            _sign_in.c.staff_id.in_(enabled),
        )
        .values(used_at=now)
        .returning(_sign_in.c.staff_id)
    ).scalar()


def of_session(session: Session, token_hash: str, now: datetime) -> Any:
    """The staff member's id, name, role and the session's expires_at; None when it is over."""
    return session.execute(
        select(_staff.c.id, _staff.c.name, _staff.c.role, _sign_in.c.expires_at)
        .join(_staff, _staff.c.id == _sign_in.c.staff_id)
        .where(
            _sign_in.c.token_hash == token_hash,
            _sign_in.c.kind == "session",
            _sign_in.c.expires_at > now,
            _staff.c.disabled_at.is_(None),
        )
    ).first()


def extend(session: Session, token_hash: str, expires_at: datetime) -> None:
    session.execute(update(_sign_in).where(_sign_in.c.token_hash == token_hash).values(expires_at=expires_at))


def end(session: Session, token_hash: str) -> None:
    session.execute(delete(_sign_in).where(_sign_in.c.token_hash == token_hash))


def forget(session: Session, before: datetime) -> None:
    """Remove links and sessions that were over before this."""
    session.execute(delete(_sign_in).where(_sign_in.c.expires_at < before))

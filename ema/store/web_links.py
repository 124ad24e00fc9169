"""Personal links to the pages, one a person: a new one takes the old one's place."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from ema.store.rows import insert_into, table_of
from ema.store.tables import WebLink

_LINK: Final = table_of(WebLink)


def replace(  # noqa: PLR0917
    session: Session, participant_id: str, token_hash: str, now: datetime, opens_before: datetime, expires_at: datetime
) -> None:
    """The link of this token is hers from now on; every older one, and the browser that opened it, is shut out."""
    values = {
        "token_hash": token_hash,
        "session_hash": None,
        "created_at": now,
        "opens_before": opens_before,
        "expires_at": expires_at,
    }
    added = insert_into(session, _LINK).values(participant_id=participant_id, **values)
    session.execute(added.on_conflict_do_update(index_elements=["participant_id"], set_=values))


def open_once(session: Session, token_hash: str, session_hash: str, now: datetime) -> bool:
    """Bind the link to a browser. False: it was opened before, is too old, or is nobody's. Of two at once, one wins."""
    return (
        session.execute(
            update(_LINK)
            .where(_LINK.c.token_hash == token_hash, _LINK.c.session_hash.is_(None), _LINK.c.opens_before > now)
            .values(session_hash=session_hash)
            .returning(_LINK.c.participant_id)
        ).scalar()
        is not None
    )


def whose(session: Session, session_hash: str, now: datetime) -> tuple[str, str] | None:
    """Whose pages this browser may show, and the link's token hash; None when that is over."""
    row = session.execute(
        select(_LINK.c.participant_id, _LINK.c.token_hash).where(
            _LINK.c.session_hash == session_hash, _LINK.c.expires_at > now
        )
    ).first()
    return None if row is None else (row.participant_id, row.token_hash)


def end(session: Session, session_hash: str) -> None:
    """Nothing is shown in this browser any more."""
    session.execute(delete(_LINK).where(_LINK.c.session_hash == session_hash))


def withdraw_all(session: Session) -> None:
    """Nobody's can be opened: a backup may hold links that were withdrawn after it was made."""
    session.execute(delete(_LINK))


def withdraw(session: Session, participant_id: str) -> None:
    """Nothing of hers can be opened by a link, and what is open is shut."""
    session.execute(delete(_LINK).where(_LINK.c.participant_id == participant_id))

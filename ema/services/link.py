"""Her pages without Telegram: a personal link that one browser opens once, and that ends by itself.

Only hashes are kept. The link's own secret lies sealed in her dialogue, for the message that shows it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlmodel import Session

from ema.domain.conversation import State
from ema.domain.conversation.link import DAYS, DRAFT, OPENS_WITHIN
from ema.services.installation import Installation
from ema.store import participants, sealed, web_links
from ema.store.vault import KeyDestroyed

COOKIE_LIVES: Final = timedelta(days=max(DAYS.values()))
"""The longest that pages stay open in a browser; when they are closed earlier, the cookie opens nothing any more."""


@dataclass(frozen=True)
class Visitor:
    """Whose pages a browser shows: her chat, as for the Mini App."""

    bot_id: int
    address: str
    opened: str
    """The hash of the link's token."""

    @property
    def opener(self) -> tuple[int, str]:
        return self.bot_id, self.address


def ask(session: Session, participant_id: str, state: State, days: int | None, now: datetime) -> State:
    """A new link, whose secret is in the draft; or, with `days` None, none. Every older link of hers is dead from now
    on, and what it had opened is shut.
    """
    if days is None:
        web_links.withdraw(session, participant_id)
        return state
    token = secrets.token_urlsafe(24)
    web_links.replace(session, participant_id, _hash(token), now, now + OPENS_WITHIN, now + timedelta(days=days))
    return state.noting(**{DRAFT: token})


def open_link(here: Installation, token: str) -> str | None:
    """A session for the browser that opens the link first; None where it can't be opened any more."""
    session_token = secrets.token_urlsafe(32)
    with here.database.transaction() as session:
        opened = web_links.open_once(session, _hash(token), _hash(session_token), here.clock.now())
    return session_token if opened else None


def visitor(here: Installation, session_token: str) -> Visitor | None:
    """Who holds this session; None when it is over."""
    with here.database.reading() as session:
        found = web_links.whose(session, _hash(session_token), here.clock.now())
        if found is None:
            return None
        participant_id, token_hash = found
        try:
            key = here.vault.person(participant_id)
            hers = participants.get(session, participant_id)
        except (KeyDestroyed, participants.NoSuchParticipant):
            return None
        address = sealed.address_of(hers, key)
    return None if address is None else Visitor(hers.bot_id, address, token_hash)


def is_of(visitor: Visitor, token: str) -> bool:
    """Whether this is the link that she opened here before."""
    return secrets.compare_digest(visitor.opened, _hash(token))


def close(here: Installation, session_token: str) -> None:
    """Nothing is shown in this browser any more."""
    with here.database.transaction() as session:
        web_links.end(session, _hash(session_token))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()

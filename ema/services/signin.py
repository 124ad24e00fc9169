"""Signing in: a link that works once starts a session that lasts while it is used. Only hashes of tokens are stored.

By the machine's clock, never the study's: a demo that jumps a week must not sign anybody out, nor in.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from ema.domain.errors import EmaError
from ema.services.installation import Installation
from ema.store import audit, signin

LINK_LIVES: Final = timedelta(hours=24)
SESSION_LIVES: Final = timedelta(hours=12)
RENEW_AFTER: Final = timedelta(minutes=10)
"""A session in use is extended at most this often, so that reading a page seldom writes."""


class LinkRefused(EmaError):
    """A sign-in link that was used, is too old, or never existed."""

    status = 403


@dataclass(frozen=True)
class Signed:
    """Who is signed in."""

    id: int
    name: str
    role: str

    @property
    def actor(self) -> str:
        """How the audit names her."""
        return f"staff:{self.id}"


def issue_link(here: Installation, staff_id: int) -> str:
    """A new one-time token for this staff member."""
    token = secrets.token_urlsafe(32)
    now = here.database.clock.now()
    with here.database.transaction() as session:
        signin.add(session, "link", _hash(token), staff_id=staff_id, now=now, expires_at=now + LINK_LIVES)
        audit.append(session, now, "installation", "issued a sign-in link", f"staff:{staff_id}")
    return token


def address(here: Installation, token: str) -> str:
    """The link as it is given to a person."""
    return f"{here.settings.url.rstrip('/')}/sign-in/{token}"


def redeem(here: Installation, token: str) -> str:
    """Use the link up and start a session. Raises LinkRefused."""
    session_token = secrets.token_urlsafe(32)
    now = here.database.clock.now()
    with here.database.transaction() as session:
        signin.forget(session, now - LINK_LIVES)
        staff_id = signin.use_link(session, _hash(token), now)
        if staff_id is not None:
            expires = now + SESSION_LIVES
            signin.add(session, "session", _hash(session_token), staff_id=staff_id, now=now, expires_at=expires)
            audit.append(session, now, f"staff:{staff_id}", "signed in", f"staff:{staff_id}")
    if staff_id is None:
        raise LinkRefused("This link has been used, or is older than a day. Ask for a new one.")
    return session_token


def who(here: Installation, session_token: str) -> Signed | None:
    """Who holds this session; None when it is over."""
    now = here.database.clock.now()
    hashed = _hash(session_token)
    with here.database.reading() as session:
        row = signin.of_session(session, hashed, now)
    if row is None:
        return None
    if row.expires_at < now + SESSION_LIVES - RENEW_AFTER:
        with here.database.transaction() as session:
            signin.extend(session, hashed, now + SESSION_LIVES)
    return Signed(row.id, row.name, row.role)


def sign_out(here: Installation, session_token: str) -> None:
    with here.database.transaction() as session:
        signin.end(session, _hash(session_token))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

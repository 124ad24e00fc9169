"""Who is asking: the session cookie, the roles, and the installation behind the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Depends, Form, Request, Security
from fastapi.security import APIKeyCookie

from ema.domain.errors import EmaError
from ema.services import signin
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.web import security

COOKIE: Final = "ema_session"
HOME: Final = {"researcher": "/studies", "peer": "/peers", "lead": "/calls", "admin": "/staff"}


class NotSignedIn(EmaError):
    """A page that needs a sign-in, asked for without one."""

    status = 401


class NotAllowed(EmaError):
    """A page of another role."""

    status = 403


_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="The session that a sign-in link starts.")
SessionToken = Annotated[str | None, Security(_cookie)]


def the_installation(request: Request) -> Installation:
    found: Installation = request.app.state.installation
    return found


Here = Annotated[Installation, Depends(the_installation)]


def anybody(request: Request, here: Here, token: SessionToken) -> Signed | None:
    """Who is signed in, or None."""
    me = signin.who(here, token) if token else None
    request.state.me = me
    request.state.form_token = security.form_token(token or "")
    return me


def _needs(*roles: str) -> Callable[[Signed | None], Signed]:
    def guard(me: Annotated[Signed | None, Depends(anybody)]) -> Signed:
        if me is None:
            raise NotSignedIn(
                "Please open your sign-in link. If it has been used or is older than a day, ask for a new one."
            )
        if me.role not in roles:
            raise NotAllowed(f"This page is for another role. You are signed in as {me.name} ({me.role}).")
        return me

    return guard


Researcher = Annotated[Signed, Depends(_needs("researcher"))]
Peer = Annotated[Signed, Depends(_needs("peer"))]
Lead = Annotated[Signed, Depends(_needs("lead"))]
Admin = Annotated[Signed, Depends(_needs("admin"))]
Paymaster = Annotated[Signed, Depends(_needs("researcher", "admin"))]
Anyone = Annotated[Signed, Depends(_needs("researcher", "peer", "lead", "admin"))]


def our_form(
    request: Request,
    here: Here,
    token: SessionToken,
    form_token: Annotated[str, Form()] = "",
) -> None:
    """For every POST of a page: it came from our own page, in this session."""
    security.check_origin(request, here.settings.url)
    security.check_form_token(form_token, token or "")


OurForm = Depends(our_form)

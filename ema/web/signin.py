"""Signing in by a one-time link, and out again."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from ema.domain.errors import EmaError
from ema.services import signin
from ema.services.signin import Signed
from ema.web import security
from ema.web.access import COOKIE, HOME, Anyone, Here, OurForm, SessionToken, anybody
from ema.web.pages import page

router = APIRouter(include_in_schema=False)

TRIES: Final = 10
PER_SECONDS: Final = 60.0


class TooManyTries(EmaError):
    """More sign-in attempts in a minute than a person makes."""

    status = 429


class Attempts:
    """How often each address tried to sign in lately. By monotonic time: a change of the clock frees nobody."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tries: dict[str, deque[float]] = {}

    def count(self, address: str) -> None:
        now = time.monotonic()
        with self._lock:
            for known in [one for one, tries in self._tries.items() if tries[-1] < now - PER_SECONDS]:
                del self._tries[known]
            tries = self._tries.setdefault(address, deque(maxlen=TRIES))
            if len(tries) == TRIES and tries[0] > now - PER_SECONDS:
                raise TooManyTries("Too many sign-in attempts. Please wait a minute and try again.")
            tries.append(now)


@router.get("/")
def home(me: Annotated[Signed | None, Depends(anybody)], request: Request) -> Response:
    if me is None:
        return page(request, "welcome.html")
    return RedirectResponse(HOME[me.role], status_code=303)


@router.get("/sign-in/{token}")
def link(request: Request, token: str) -> Response:
    """Only a page with a button: chat programs open links to preview them, and must not use the link up."""
    return page(request, "signin.html", token=token)


@router.post("/sign-in/{token}")
def redeem(request: Request, here: Here, token: str) -> Response:
    security.check_origin(request, here.settings.url)
    attempts: Attempts = request.app.state.attempts
    attempts.count(request.client.host if request.client else "")
    session = signin.redeem(here, token)
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        COOKIE,
        session,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https" or here.settings.url.startswith("https:"),
    )
    return answer


@router.post("/sign-out", dependencies=[OurForm])
def sign_out(here: Here, _me: Anyone, token: SessionToken) -> Response:
    signin.sign_out(here, token or "")
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer

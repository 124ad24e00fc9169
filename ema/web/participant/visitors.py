"""Who holds the cookie of a browser in which her pages are open: by a link from the chat, or without Telegram."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import Cookie, Depends, Request
from fastapi.responses import Response

from ema.domain.errors import EmaError
from ema.services import link, looking
from ema.services.link import Visitor
from ema.web import security
from ema.web.access import Here
from ema.web.participant.shown import LINKED

COOKIE: Final = "page"
AWAY: Final = "away"
"""She has hidden her page: what stands there when somebody comes back is a door, until Open is tapped."""


class PagesClosed(EmaError):
    """The pages are not open in this browser, or not any more."""

    status = 401


def ours(request: Request, here: Here) -> None:
    if request.method == "POST":
        security.check_origin(request, here.settings.url)


Token = Annotated[str, Cookie(alias=COOKIE)]
Hidden = Annotated[str, Cookie(alias=AWAY)]


def who_is_it(here: Here, token: Token = "") -> Visitor | None:
    return (link.visitor(here, token) or looking.whose(here, token)) if token else None


Known = Annotated[Visitor | None, Depends(who_is_it)]


def somebody(known: Known) -> Visitor:
    if known is None:
        raise PagesClosed(PagesClosed.__doc__)
    return known


Her = Annotated[Visitor, Depends(somebody)]


def keep(request: Request, here: Here, answer: Response, name: str, value: str, lives: timedelta) -> None:  # noqa: PLR0917
    """A cookie that scripts and other sites never see."""
    answer.set_cookie(
        name,
        value,
        max_age=int(lives.total_seconds()),
        path=LINKED,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or here.settings.url.startswith("https:"),
    )


def drop(answer: Response, *names: str) -> None:
    for name in names:
        answer.delete_cookie(name, path=LINKED)

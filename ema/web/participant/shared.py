"""What she lets go to a service, to be read in any browser: nothing to set, no cookie, and nothing kept.

As in a personal link, the secret stands behind the # of the address, which a browser sends to nobody. The page posts
it, so that what can be read has no address of its own; programs that preview links find nothing.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse

from ema.services import share
from ema.web.access import Here
from ema.web.participant.shown import SHARED, asked_for, say
from ema.web.participant.visitors import ours

router = APIRouter(prefix=SHARED, include_in_schema=False, dependencies=[Depends(ours)])


@router.get("")
def first(request: Request) -> HTMLResponse:
    return _page(request, why="shared.start")


@router.post("/open")
def read(request: Request, here: Here, token: Annotated[str, Form(max_length=500)] = "") -> HTMLResponse:
    """The whole address may be given, too."""
    request.app.state.attempts.count(request.client.host if request.client else "")
    letter = share.opened(here, token.rpartition("#")[2].strip(), asked_for(request))
    return _page(request, 403, why="shared.old") if letter is None else _page(request, shown=letter)


def _page(
    request: Request, status: int = 200, *, shown: share.Letter | None = None, why: str = "shared.from"
) -> HTMLResponse:
    answer = say(request, "shared", None, status, shown=shown, why=why)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer

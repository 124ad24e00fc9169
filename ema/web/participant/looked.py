"""Her page without Telegram: the same dialogue, a form for each tap, and what waits for her when she looks.

All but the first page is sent by POST, as by a link. Each page is good once: a form that is sent again does nothing,
and shows what is so now.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from ema.domain.screen import Shown
from ema.domain.ways import PAGE
from ema.services import app, looking
from ema.services.app import Given, Saved
from ema.services.link import Visitor
from ema.services.looking import Deed
from ema.services.receive import receive
from ema.web.access import Here
from ema.web.participant.shown import LINKED, asked_for, part, say, what_she_gave
from ema.web.participant.visitors import AWAY, COOKIE, Her, PagesClosed, drop, keep, ours

router = APIRouter(prefix=LINKED, include_in_schema=False, dependencies=[Depends(ours)])
HELP: Final = "go|help"


def is_hers(visitor: Visitor) -> bool:
    """Whether the browser itself is her account."""
    return visitor.bot_id == PAGE


def page(request: Request, here: Here, visitor: Visitor, toast: str = "", *, again: bool = False) -> HTMLResponse:
    """What she sees now. Raises PagesClosed."""
    shown = looking.look(here, visitor.address, toast=toast, again=again)
    if shown is None:
        raise PagesClosed(PagesClosed.__doc__)
    return part(request, shown, LINKED)


def deed(
    once: Annotated[str, Form(max_length=64)] = "",
    do: Annotated[str, Form(max_length=200)] = "",
    command: Annotated[str, Form(max_length=32)] = "",
    typed: Annotated[str, Form(max_length=looking.MOST_TYPED)] = "",
) -> Deed:
    return Deed(once, do, command, typed.strip())


@router.post("/tap")
async def tap(request: Request, here: Here, her: Her, what: Annotated[Deed, Depends(deed)]) -> Response:
    """Take what she did as any update is taken, and show what follows."""
    if not is_hers(her):
        raise PagesClosed(PagesClosed.__doc__)
    toast = ""
    if what.once and (what.code or what.command or what.typed):
        handled = await request.app.state.received(looking.incoming(her.address, what, asked_for(request)))
        toast = handled.toast or ""
        if handled.direct is not None and handled.direct.shown is not None:
            return _last_words(request, handled.direct.shown)
    return await run_in_threadpool(page, request, here, her, toast)


def _last_words(request: Request, words: Shown) -> HTMLResponse:
    """Nothing of hers is kept, and nothing is open here any more."""
    answer = _said(request, words)
    drop(answer, COOKIE, AWAY)
    return answer


def _said(request: Request, words: Shown) -> HTMLResponse:
    return say(request, "said", None, card=looking.shown(words), base=LINKED)


@router.post("/help")
def help_for_anybody(request: Request, here: Here, do: Annotated[str, Form(max_length=200)] = HELP) -> HTMLResponse:
    """Lines and places, without a study and without a code. Nothing is stored."""
    asked = looking.incoming("", Deed(secrets.token_hex(8), do), asked_for(request))
    direct = receive(here, asked).direct
    return _said(request, direct.shown if direct is not None and direct.shown is not None else Shown(""))


@router.post("/file")
def file(here: Here, her: Her, order: Annotated[int, Form(ge=1)]) -> Response:
    """A copy of what is kept, to take along."""
    made = looking.file(here, her.address, order) if is_hers(her) else None
    if made is None:
        return RedirectResponse(f"{LINKED}/home", 303)
    return Response(
        made.body, media_type=made.mime, headers={"Content-Disposition": f"attachment; filename={made.name}"}
    )


@router.post("/slide")
def slide(request: Request, here: Here, her: Her) -> HTMLResponse:
    return part(request, app.question(here, *her.opener), LINKED)


@router.post("/answer")
def answer(request: Request, here: Here, her: Her, given: Annotated[Given, Depends(what_she_gave)]) -> HTMLResponse:
    shown = app.answer(here, *her.opener, given)
    return page(request, here, her) if isinstance(shown, Saved) and is_hers(her) else part(request, shown, LINKED)


@router.post("/leave")
def leave(here: Here, her: Her) -> Response:
    """End it in this browser, for good."""
    if is_hers(her):
        looking.close(here, her.address)
    answer = RedirectResponse(LINKED, 303)
    drop(answer, COOKIE, AWAY)
    return answer


def hidden(request: Request, here: Here, visitor: Visitor, answer: Response) -> None:
    """Shut her PIN. Who comes back finds a door."""
    receive(here, looking.incoming(visitor.address, Deed(secrets.token_hex(8), "hide")))
    keep(request, here, answer, AWAY, "1", looking.STAYS)

"""Her pages in any browser, by a personal link: the same parts as in the Mini App, each inside a whole page.

The link's secret stands behind the # of its address, which a browser sends to nobody; the page posts it once, and gets
a cookie for it. So no address, history, log or other site's request ever holds what opens her pages. All but the first
page is sent by POST: what was on the screen before has no address to go back to.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Cookie, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.domain.errors import EmaError
from ema.services import beside, link, whole
from ema.services.beside import Done
from ema.services.link import COOKIE_LIVES, Visitor
from ema.services.whole import Paper
from ema.web import security
from ema.web.access import Here
from ema.web.participant.shown import LINKED, done, fields_in, handed_in, part, say

COOKIE: Final = "page"
HOME: Final = f"{LINKED}/home"
TOP: Final = "home"


class PagesClosed(EmaError):
    """The pages are not open in this browser, or not any more."""

    status = 401


def ours(request: Request, here: Here) -> None:
    if request.method == "POST":
        security.check_origin(request, here.settings.url)


router = APIRouter(prefix=LINKED, include_in_schema=False, dependencies=[Depends(ours)])
Token = Annotated[str, Cookie(alias=COOKIE)]


def who_is_it(here: Here, token: Token = "") -> Visitor | None:
    return link.visitor(here, token) if token else None


Known = Annotated[Visitor | None, Depends(who_is_it)]


def somebody(known: Known) -> Visitor:
    if known is None:
        raise PagesClosed(PagesClosed.__doc__)
    return known


Her = Annotated[Visitor, Depends(somebody)]


@router.get("")
def first(request: Request, known: Known) -> Response:
    """Says nothing about anybody, and opens nothing by itself: chat programs look at links to preview them."""
    return _closed(request, "link.start") if known is None else RedirectResponse(HOME, 303)


def _closed(request: Request, why: str, status: int = 200) -> HTMLResponse:
    return say(request, "open", None, status, why=why, base=LINKED)


@router.post("/open")
def open_link(request: Request, here: Here, known: Known, token: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Use the link up: from now on it is this browser's. The whole address may be given, too."""
    request.app.state.attempts.count(request.client.host if request.client else "")
    given = token.rpartition("#")[2].strip()
    if known is not None and link.is_of(known, given):
        return RedirectResponse(HOME, 303)
    opened = link.open_link(here, given)
    if opened is None:
        return _closed(request, "link.old", 403)
    answer = RedirectResponse(HOME, 303)
    answer.set_cookie(
        COOKIE,
        opened,
        max_age=int(COOKIE_LIVES.total_seconds()),
        path=LINKED,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https" or here.settings.url.startswith("https:"),
    )
    return answer


@router.get("/home")
def home(request: Request, here: Here, known: Known) -> Response:
    """Where nothing is open, the page that a link begins with: it does not say that something was."""
    if known is None:
        return RedirectResponse(LINKED, 303)
    return part(request, beside.look(here, known.opener, TOP), LINKED)


@router.post("/do")
def do(request: Request, here: Here, her: Her, what: Annotated[Done, Depends(done)]) -> HTMLResponse:
    return part(request, beside.shown_after(here, her.opener, TOP, what), LINKED)


@router.post("/chart")
def chart(request: Request, here: Here, her: Her) -> HTMLResponse:
    return part(request, beside.chart(here, her.opener, TOP), LINKED)


@router.post("/whole")
def on_one_page(request: Request, here: Here, her: Her) -> HTMLResponse:
    return part(request, whole.page(here, *her.opener), LINKED)


async def what_was_sent(request: Request) -> dict[str, list[str]]:
    return fields_in(await request.body())


@router.post("/whole/send")
def send(
    request: Request, here: Here, her: Her, fields: Annotated[dict[str, list[str]], Depends(what_was_sent)]
) -> HTMLResponse:
    shown = whole.hand_in(here, Paper(*her.opener, handed_in(fields)))
    return part(request, beside.also(here, her.opener, TOP, shown), LINKED)


@router.api_route("/hide", methods=["GET", "POST"])
def hide(here: Here, token: Token = "") -> Response:
    """Close her pages in this browser and lead somewhere else. Going back finds nothing: it takes a new link."""
    if token:
        link.close(here, token)
    answer = RedirectResponse(here.settings.exit_url, 303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.delete_cookie(COOKIE, path=LINKED)
    return answer

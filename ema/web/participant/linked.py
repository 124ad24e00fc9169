"""Her pages in any browser, by a personal link: the same parts as in the Mini App, each inside a whole page.

The link's secret stands behind the # of its address, which a browser sends to nobody; the page posts it once, and gets
a cookie for it. So no address, history, log or other site's request ever holds what opens her pages. All but the first
page is sent by POST: what was on the screen before has no address to go back to.

Where the browser itself is her account (`looked`), the same addresses lead to her dialogue.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.services import beside, link, looking, whole
from ema.services.app import Saved
from ema.services.beside import Done
from ema.services.link import COOKIE_LIVES
from ema.services.whole import Paper
from ema.web.access import Here
from ema.web.participant import looked
from ema.web.participant.shown import LINKED, asked_for, done, fields_in, handed_in, part, say
from ema.web.participant.visitors import AWAY, COOKIE, Her, Hidden, Known, Token, drop, keep, ours
from ema.web.signin import TooManyTries

HOME: Final = f"{LINKED}/home"
TOP: Final = "home"

router = APIRouter(prefix=LINKED, include_in_schema=False, dependencies=[Depends(ours)])


@router.get("")
def first(request: Request, known: Known, away: Hidden = "") -> Response:
    """Says nothing about anybody, and opens nothing by itself: chat programs look at links to preview them."""
    if known is None:
        return _closed(request, "link.start")
    return _closed(request, "link.start", back=True) if away else RedirectResponse(HOME, 303)


def _closed(request: Request, why: str, status: int = 200, *, back: bool = False) -> HTMLResponse:
    """The door. `back`: what is behind it is open to this browser already."""
    return say(request, "open", None, status, why=why, base=LINKED, back=back)


@router.post("/open")
def open_link(request: Request, here: Here, known: Known, token: Annotated[str, Form(max_length=500)] = "") -> Response:
    """Use the link or code up: from now on it is this browser's. The whole address may be given, too.

    What does not open gets one answer, whatever it was.
    """
    given = token.rpartition("#")[2].strip()
    answer = RedirectResponse(HOME, 303)
    if known is not None and (not given or link.is_of(known, given) or looked.is_hers(known)):  # nobody takes hers over
        drop(answer, AWAY)
        return answer
    try:
        request.app.state.attempts.count(request.client.host if request.client else "")
    except TooManyTries:
        return _closed(request, "link.wait", 429)
    if opened := link.open_link(here, given):
        keep(request, here, answer, COOKIE, opened, COOKIE_LIVES)
    elif opened := looking.join(here, given, asked_for(request)):
        keep(request, here, answer, COOKIE, opened, looking.STAYS)
    else:
        return _closed(request, "link.old", 403, back=known is not None)
    drop(answer, AWAY)
    return answer


@router.get("/home")
def home(request: Request, here: Here, known: Known, token: Token = "", away: Hidden = "") -> Response:
    """Where nothing is open, the page that a link begins with: it does not say that something was.

    A browser that loads it in advance has not looked: a note would be delivered to nobody.
    """
    if "prefetch" in request.headers.get("sec-purpose", ""):
        return Response(status_code=503)
    if known is None or away:
        return RedirectResponse(LINKED, 303)
    if not looked.is_hers(known):
        return part(request, beside.look(here, known.opener, TOP), LINKED)
    answer = looked.page(request, here, known, again=True)
    keep(request, here, answer, COOKIE, token, looking.STAYS)
    return answer


@router.post("/do")
def do(request: Request, here: Here, her: Her, what: Annotated[Done, Depends(done)]) -> HTMLResponse:
    if looked.is_hers(her):  # a way back from a page of its own
        return looked.page(request, here, her)
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
    if looked.is_hers(her) and isinstance(shown, Saved):
        return looked.page(request, here, her)
    return part(request, beside.also(here, her.opener, TOP, shown), LINKED)


@router.api_route("/hide", methods=["GET", "POST"])
def hide(request: Request, here: Here, known: Known, token: Token = "") -> Response:
    """Lead somewhere else. By a link her pages are closed in this browser; where it is her account, they are hidden."""
    answer = RedirectResponse(here.settings.exit_url, 303)
    answer.headers["Referrer-Policy"] = "no-referrer"
    if known is not None and looked.is_hers(known):
        looked.hidden(request, here, known, answer)
        return answer
    if token:
        link.close(here, token)
    drop(answer, COOKIE)
    return answer

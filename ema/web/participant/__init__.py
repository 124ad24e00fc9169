"""The Mini App: pages inside Telegram, for whoever Telegram says opened them. Staff have nothing to do with them.

`GET /app` is an empty frame that says nothing about anybody. Its script posts Telegram's signed launch data to a part
(`/app/question`), and puts the HTML that comes back into the frame; a form in there is posted the same way. So another
part is a route and a template here, and no script. No cookie is set or read: another site's forms can do nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.routing import Route

from ema.services import app, beside, whole
from ema.services.app import Given, Saved
from ema.services.beside import Done
from ema.services.whole import Paper
from ema.web.access import Here, the_installation
from ema.web.participant.shown import APP, done, fields_in, handed_in, one_of, part, say, what_she_gave
from ema.web.security import policy

router = APIRouter(prefix="/app", include_in_schema=False)

Verify = Callable[[str], tuple[int, str]]
"""From launch data to the bot's id and her address. Raises an EmaError where they are not Telegram's, or too old."""

TELEGRAMS_SCRIPT: Final = "https://telegram.org/js/telegram-web-app.js"
TELEGRAMS_WEB_CLIENTS: Final = (
    "https://web.telegram.org",
    "https://weba.telegram.org",
    "https://webk.telegram.org",
    "https://webz.telegram.org",
)


@dataclass(frozen=True)
class MiniApp:
    """What the composition root gives: how to check launch data, and where Telegram's script (or a stand-in) is."""

    verify: Verify
    script: str = TELEGRAMS_SCRIPT


def the_mini_app(request: Request) -> MiniApp:
    found: MiniApp | None = request.app.state.mini_app
    if found is None:
        raise HTTPException(404)
    return found


There = Annotated[MiniApp, Depends(the_mini_app)]


def opened_by(mini_app: There, init_data: Annotated[str, Form()] = "") -> tuple[int, str]:
    return mini_app.verify(init_data)


Opener = Annotated[tuple[int, str], Depends(opened_by)]


@router.get("")
def frame(request: Request, mini_app: There) -> HTMLResponse:
    return _frame(request, mini_app, "/app/question")


@router.get("/whole")
def frame_of_whole(request: Request, mini_app: There) -> HTMLResponse:
    return _frame(request, mini_app, "/app/whole")


@router.get("/settings")
def frame_of_settings(request: Request, mini_app: There) -> HTMLResponse:
    return _frame(request, mini_app, "/app/do")


def _frame(request: Request, mini_app: MiniApp, first: str) -> HTMLResponse:
    """The frame around a part."""
    shown = say(request, "frame", None, base=APP, script=mini_app.script, first=first)
    shown.headers["Content-Security-Policy"] = policy(
        script_src=f"'self' {TELEGRAMS_SCRIPT.partition('/js/')[0]}",
        frame_ancestors=" ".join(("'self'", *TELEGRAMS_WEB_CLIENTS)),
    )
    return shown


@router.post("/question")
def question(request: Request, here: Here, opener: Opener) -> HTMLResponse:
    return part(request, app.question(here, *opener), APP)


@router.post("/answer")
def answer(
    request: Request, here: Here, opener: Opener, given: Annotated[Given, Depends(what_she_gave)]
) -> HTMLResponse:
    return part(request, app.answer(here, *opener, given), APP)


@router.post("/whole")
def on_one_page(request: Request, here: Here, opener: Opener) -> HTMLResponse:
    return part(request, whole.page(here, *opener), APP)


@router.post("/do")
def do(request: Request, here: Here, opener: Opener, what: Annotated[Done, Depends(done)]) -> HTMLResponse:
    """Her settings: the first time, and after each thing that she does there."""
    return part(request, beside.shown_after(here, opener, "settings", what), APP)


@router.post("/chart")
def chart(request: Request, here: Here, opener: Opener) -> HTMLResponse:
    return part(request, beside.chart(here, opener, "settings"), APP)


async def send(request: Request) -> HTMLResponse:
    """A whole page. Read by hand: it is one request for a check-in, and is to cost little."""
    fields = fields_in(await request.body())
    opener = the_mini_app(request).verify(one_of(fields, "init_data"))
    shown = await request.app.state.papers(Paper(*opener, handed_in(fields)))
    if isinstance(shown, Saved) and shown.then:
        here = the_installation(request)
        return part(request, await run_in_threadpool(beside.look, here, opener, "settings", shown.then), APP)
    return part(request, shown, APP)


QUICK: Final = [Route("/app/whole/send", send, methods=["POST"])]
"""Asked before all others, and without what FastAPI does for each request."""

"""The Mini App: pages inside Telegram, for whoever Telegram says opened them. Staff have nothing to do with them.

`GET /app` is an empty frame that says nothing about anybody. Its script posts Telegram's signed launch data to a part
(`/app/question`), and puts the HTML that comes back into the frame; a form in there is posted the same way. So another
part is a route and a template here, and no script. No cookie is set or read: another site's forms can do nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.routing import Route

from ema import texts
from ema.domain.conversation.events import Handed, Reply
from ema.domain.screen import Words
from ema.services import app, whole
from ema.services.app import Given, Nothing, Question, Saved
from ema.services.whole import Page, Paper
from ema.web.access import Here
from ema.web.pages import page, rendered
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
LARGEST: Final = 2**53
MOST_FIELDS: Final = 2000
GIVEN: Final = "a."
PREFER: Final = "::prefer"
"""Stands for “Prefer not to say” among what she gave. No option can have this value."""


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


def _frame(request: Request, mini_app: MiniApp, first: str) -> HTMLResponse:
    """The frame around a part."""
    shown = _say(request, "frame", None, script=mini_app.script, first=first)
    shown.headers["Content-Security-Policy"] = policy(
        script_src=f"'self' {TELEGRAMS_SCRIPT.partition('/js/')[0]}",
        frame_ancestors=" ".join(("'self'", *TELEGRAMS_WEB_CLIENTS)),
    )
    return shown


@router.post("/question")
def question(request: Request, here: Here, opener: Opener) -> HTMLResponse:
    return _part(request, app.question(here, *opener))


def what_she_gave(
    prompt: Annotated[int, Form(ge=1, le=LARGEST)],
    item: Annotated[str, Form(max_length=64)],
    revision: Annotated[int, Form(ge=1, le=LARGEST)],
    given: Annotated[Literal["answer", "skip", "prefer"], Form()],
    value: Annotated[int | None, Form(ge=0, le=app.FAR_END)] = None,
) -> Given:
    if given == "answer" and value is None:
        raise HTTPException(422)
    return Given(given, value, prompt, item, revision)


@router.post("/answer")
def answer(
    request: Request, here: Here, opener: Opener, given: Annotated[Given, Depends(what_she_gave)]
) -> HTMLResponse:
    return _part(request, app.answer(here, *opener, given))


@router.post("/whole")
def on_one_page(request: Request, here: Here, opener: Opener) -> HTMLResponse:
    return _part(request, whole.page(here, *opener))


async def send(request: Request) -> HTMLResponse:
    """A whole page. Read by hand: it is one request for a check-in, and is to cost little."""
    fields = _fields(await request.body())
    opener = the_mini_app(request).verify(_one(fields, "init_data"))
    shown = await request.app.state.papers(Paper(*opener, _handed(fields)))
    return _part(request, shown)


QUICK: Final = [Route("/app/whole/send", send, methods=["POST"])]
"""Asked before all others, and without what FastAPI does for each request."""


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(422) from None


def _one(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def _handed(fields: dict[str, list[str]]) -> Handed:
    """`asked` and `seen` name what was on the page; what she gave to an item is in the field of that name.

    Nothing there, or nothing but spaces, is a question that she left out.
    """
    replies = {item: Reply("seen") for item in fields.get("seen", ())}
    for item in fields.get("asked", ()):
        given = [one for one in fields.get(f"{GIVEN}{item}", ()) if one.strip()]
        verb: Literal["answer", "skip", "prefer"] = "prefer" if PREFER in given else "answer" if given else "skip"
        replies[item] = Reply(verb, ",".join(given) if verb == "answer" else "")
    prompt, opened = _one(fields, "prompt"), _one(fields, "opened")
    if not (prompt.isascii() and prompt.isdigit() and len(prompt) < 20 and 0 < int(prompt) <= LARGEST and replies):
        raise HTTPException(422)
    known = opened.isascii() and opened.isdigit() and len(opened) < 14
    return Handed(int(prompt), replies, datetime.fromtimestamp(int(opened) / 1000, UTC) if known else None)


def _part(request: Request, shown: Question | Page | Nothing | Saved) -> HTMLResponse:
    if isinstance(shown, Saved):
        return HTMLResponse(_saved(shown.language))
    return _say(request, type(shown).__name__.lower(), shown.language, shown=shown)


def _say(request: Request, template: str, language: str | None, **values: Any) -> HTMLResponse:
    """A template in her language; where nobody is known yet, in the one that her app asks for."""
    return page(request, f"participant/{template}.html", **_in_language(language or _asked_for(request)), **values)


@lru_cache(maxsize=64)
def _saved(language: str) -> str:
    return rendered("participant/saved.html", **_in_language(language))


def _in_language(language: str) -> dict[str, Any]:
    def words(key: str, **inserted: str | int) -> str:
        return texts.say(Words(key, inserted), language)

    return {"language": language, "direction": "rtl" if texts.right_to_left(language) else "ltr", "words": words}


def _asked_for(request: Request) -> str:
    wanted = (one.split(";")[0].strip()[:2].lower() for one in request.headers.get("accept-language", "").split(","))
    return next((language for language in wanted if language in texts.languages()), "en")

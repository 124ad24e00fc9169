"""How her pages are written, in the Mini App and by a link, and how a filled-in one is read."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qs

from fastapi import Form, Request
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from ema import texts
from ema.domain.conversation.events import Handed, Reply
from ema.domain.screen import Words
from ema.services.app import FAR_END, Given, Nothing, Question, Saved
from ema.services.beside import Beside, Chart, Done
from ema.services.looking import STAYS, Looked
from ema.services.whole import Page
from ema.web.pages import page, rendered

APP: Final = "/app"
LINKED: Final = "/p"
"""Says nothing of what is there."""
SHARED: Final = "/s"
"""Where others read a page that she made for them. It says as little."""
LARGEST: Final = 2**53
MOST_FIELDS: Final = 2000
GIVEN: Final = "a."
PREFER: Final = "::prefer"
"""Stands for “Prefer not to say” among what she gave. No option can have this value."""

Shown = Question | Page | Nothing | Saved | Beside | Chart | Looked


def fields_in(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(422) from None


def one_of(fields: dict[str, list[str]], name: str) -> str:
    return fields.get(name, [""])[0]


def handed_in(fields: dict[str, list[str]]) -> Handed:
    """`asked` and `seen` name what was on the page; what she gave to an item is in the field of that name.

    Nothing there, or nothing but spaces, is a question that she left out.
    """
    replies = {item: Reply("seen") for item in fields.get("seen", ())}
    for item in fields.get("asked", ()):
        given = [one for one in fields.get(f"{GIVEN}{item}", ()) if one.strip()]
        verb: Literal["answer", "skip", "prefer"] = "prefer" if PREFER in given else "answer" if given else "skip"
        replies[item] = Reply(verb, ",".join(given) if verb == "answer" else "")
    prompt, opened = one_of(fields, "prompt"), one_of(fields, "opened")
    if not (prompt.isascii() and prompt.isdigit() and len(prompt) < 20 and 0 < int(prompt) <= LARGEST and replies):
        raise HTTPException(422)
    known = opened.isascii() and opened.isdigit() and len(opened) < 14
    return Handed(int(prompt), replies, datetime.fromtimestamp(int(opened) / 1000, UTC) if known else None)


def part(request: Request, shown: Shown, base: str) -> HTMLResponse:
    """What is shown now: in the Mini App a part for its frame, by a link a whole page around it.

    `base` is the address that its forms are sent below.
    """
    if base != APP:
        site, days = request.app.state.installation.settings.url.rstrip("/"), STAYS.days
        return say(request, "linked", shown.language, shown=shown, base=base, inner=_name(shown), site=site, days=days)
    if isinstance(shown, Saved):
        return HTMLResponse(_saved(shown.language))
    return say(request, _name(shown), shown.language, shown=shown, base=base)


def say(request: Request, template: str, language: str | None, status: int = 200, **values: Any) -> HTMLResponse:
    """A template in her language; where nobody is known yet, in the one that her app asks for."""
    there = request.app.state.installation.settings.exit_url
    in_hers = _in_language(language or asked_for(request))
    return page(
        request, f"participant/{template}.html", status, exit_url=there, as_picture=picture, **in_hers, **values
    )


def picture(png: bytes) -> str:
    """As it stands in the page itself: so it has no address, and is kept nowhere."""
    return f"data:image/png;base64,{b64encode(png).decode()}"


def done(
    place: Annotated[str, Form(max_length=64)] = "",
    do: Annotated[str, Form(max_length=200)] = "",
    typed: Annotated[str, Form(max_length=2000)] = "",
) -> Done:
    return Done(place, do, typed)


def what_she_gave(
    prompt: Annotated[int, Form(ge=1, le=LARGEST)],
    item: Annotated[str, Form(max_length=64)],
    revision: Annotated[int, Form(ge=1, le=LARGEST)],
    given: Annotated[Literal["answer", "skip", "prefer"], Form()],
    value: Annotated[int | None, Form(ge=0, le=FAR_END)] = None,
) -> Given:
    if given == "answer" and value is None:
        raise HTTPException(422)
    return Given(given, value, prompt, item, revision)


def _name(shown: Shown) -> str:
    return type(shown).__name__.lower()


@lru_cache(maxsize=64)
def _saved(language: str) -> str:
    return rendered("participant/saved.html", **_in_language(language), base=APP)


def _in_language(language: str) -> dict[str, Any]:
    def words(key: str, **inserted: str | int) -> str:
        return texts.say(Words(key, inserted), language)

    return {"language": language, "direction": "rtl" if texts.right_to_left(language) else "ltr", "words": words}


def asked_for(request: Request) -> str:
    """The language that the browser would like best, of those that there are."""
    wanted = (one.split(";")[0].strip()[:2].lower() for one in request.headers.get("accept-language", "").split(","))
    return next((language for language in wanted if language in texts.languages()), "en")

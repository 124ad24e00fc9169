"""What a person or a program is told when something is refused or goes wrong."""

from __future__ import annotations

import traceback
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from ema.domain.errors import EmaError
from ema.web.pages import page
from ema.web.participant.shown import APP, LINKED, SHARED, say
from ema.web.security import HEADERS

_log = structlog.get_logger()

TITLES: Final = {
    400: "That did not work",
    401: "Please sign in",
    403: "This page is not for you",
    404: "There is nothing here",
    405: "That does not work here",
    409: "That can not be done just now",
    413: "That is too much",
    422: "Something is not right with that",
    429: "Too many tries",
    500: "Something went wrong",
    503: "Not just now",
}
WORDS: Final = {
    403: "You are signed in, but this belongs to another role.",
    404: "The address may be mistyped, or what it showed has been erased.",
    405: "This address exists, but not for this kind of request.",
    413: "What was sent is larger than anything this page takes.",
    422: "What was sent does not fit what this page expects.",
    500: "It is our fault, not yours. Nothing that was saved is lost. Please try again; if it stays, tell the person "
    "who runs this server.",
}


def install(app: FastAPI) -> None:
    app.add_exception_handler(EmaError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _broken)


def _answer(request: Request, status: int, words: str, detail: object = None) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": words} | ({"detail": detail} if detail else {}), status_code=status)
    if request.url.path.startswith((f"{APP}/", f"{LINKED}/")):  # hers: nothing about signing in, and a way to hide it
        return say(request, "error", "en", status, base=LINKED)
    if request.url.path.startswith(f"{SHARED}/"):
        return say(request, "shared", None, status, shown=None, why="app.not_sent")
    title = TITLES.get(status) or HTTPStatus(status).phrase
    return page(request, "error.html", status=status, title=title, words=words)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, EmaError)
    return _answer(request, error.status, str(error))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    answer = _answer(request, error.status_code, WORDS.get(error.status_code, str(error.detail)))
    answer.headers.update(error.headers or {})
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # where and what, never the value itself: it may be something that nobody should keep
    detail = [{"at": list(one["loc"]), "problem": one["msg"]} for one in error.errors()]
    return _answer(request, 422, WORDS[422], detail)


def _pattern(request: Request) -> str:
    """The address without what was filled in: a sign-in token or a pseudonym."""
    return str(getattr(request.scope.get("route"), "path", "unknown"))


def _broken(request: Request, error: Exception) -> Response:
    # where it happened, but no values: messages and local variables may hold what must not be in a log
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("request failed", path=_pattern(request), error=type(error).__name__, where=where)
    answer = _answer(request, 500, WORDS[500])
    answer.headers.update(HEADERS)  # this answer is made outside the middleware that adds them
    return answer

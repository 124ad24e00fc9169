"""What keeps the pages safe in a browser: headers on every answer, and proof that a form came from our own page."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ema.domain.errors import EmaError

MAX_BODY_BYTES: Final = 1024 * 1024


def policy(*, script_src: str = "'self'", frame_ancestors: str = "'none'") -> str:
    """The content security policy: nothing but our own files, no inline script, no inline style."""
    return (
        # Pico draws its arrows and ticks from data: URLs
        f"default-src 'self'; script-src {script_src}; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"form-action 'self'; frame-ancestors {frame_ancestors}"
    )


HEADERS: Final = {
    "Content-Security-Policy": policy(),
    "X-Content-Type-Options": "nosniff",
    # not "no-referrer": with it browsers send `Origin: null` with our own forms, which then look foreign
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class ForeignForm(EmaError):
    """A form that did not come from one of our pages."""

    status = 403


class SecurityHeaders:
    """Adds every header that a route has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if scope["path"].startswith("/static/"):
                    headers.setdefault(
                        "Cache-Control", "no-cache"
                    )  # kept, but asked for again: files change by release
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def form_token(session_token: str) -> str:
    """The token that every form of this session carries. It needs no storage, and does not give the session away."""
    return hmac.digest(session_token.encode(), b"form", hashlib.sha256).hex()


def check_origin(request: Request, public_url: str) -> None:
    """Refuse a POST whose page was not ours. A browser always names the origin of a POST."""
    origin = request.headers.get("origin")
    own = {urlsplit(public_url).netloc, request.headers.get("host", "")}
    if origin is None or urlsplit(origin).netloc not in own:
        raise ForeignForm("This form was not sent from one of our pages. Go back, reload the page and try again.")


def check_form_token(given: str, session_token: str) -> None:
    if not hmac.compare_digest(given.encode(), form_token(session_token).encode()):
        raise ForeignForm("This page is from an earlier sign-in. Go back, reload the page and try again.")

"""Templates and how they are rendered: plain English, escaped always."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ema.domain.payment import pounds

HERE: Final = Path(__file__).parent


def _number(value: float | None, digits: int = 3) -> str:
    """A number with a true minus sign and no minus before nought; a dash where there is none."""
    return "–" if value is None else f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _signed(value: float | None, digits: int = 3) -> str:
    """The same with its sign, for changes."""
    return "–" if value is None else f"{round(value, digits) + 0.0:+.{digits}f}".replace("-", "−")


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


_environment: Final = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters.update(number=_number, signed=_signed, pounds=pounds)
_environment.globals.update(percent=_percent)


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Render a template. `me` is who is signed in, or None; the navigation depends on it."""
    me, form_token = getattr(request.state, "me", None), getattr(request.state, "form_token", "")
    shown = rendered(template, path=request.url.path, me=me, form_token=form_token, **values)
    return HTMLResponse(shown, status_code=status)


def rendered(template: str, **values: Any) -> str:
    """A part that is the same for everybody who asks."""
    return _environment.get_template(template).render(**values)


SVG_HEADERS: Final = {
    # matplotlib writes style attributes; a picture loaded as an image runs nothing, so only its styles are let in
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


def svg(text: str | None) -> Response:
    """A picture; where there is none, 404."""
    if text is None:
        raise HTTPException(404)
    return Response(text, media_type="image/svg+xml", headers=SVG_HEADERS)


def wants_part(request: Request) -> bool:
    """True when htmx fetches a part of a page; otherwise the same address serves a whole page."""
    return "hx-request" in request.headers

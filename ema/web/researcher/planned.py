"""The plan before anybody is asked anything: a study's file, one participant's prompts, and what is asked of her."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import HTMLResponse, Response

from ema.domain.errors import EmaError
from ema.domain.localtime import local
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Window
from ema.services import overview, study_file
from ema.services.installation import Installation
from ema.services.preview import Choice, Preview, length, month, preferences, preview, spread
from ema.web.access import Here, OurForm, Researcher
from ema.web.pages import page, svg, wants_part

router = APIRouter(include_in_schema=False)

PEOPLE: Final = 1000
DAYS: Final = 28
MOST_DAYS: Final = 366
YEARS: Final = range(1970, 2201)
MOST_LETTERS: Final = 200_000
"""Of a file to check; the bundled study has twelve thousand."""


class NotUnderstood(EmaError):
    """A field of the form that can't be read."""

    status = 422


@router.get("/studies/{study_id}/plan")
def plan(request: Request, here: Here, _me: Researcher, study_id: str) -> HTMLResponse:
    protocol = study_file.protocol(here, study_id)
    problem = ""
    try:
        shown = _preview(here, protocol, request.query_params)
    except EmaError as refused:
        problem = str(refused)
        shown = _preview(here, protocol, None)
    values: dict[str, Any] = {
        "study": overview.study(here, study_id),
        "protocol": protocol,
        "shown": shown,
        "problem": problem,
        "windows": preferences(protocol, shown.choice).windows,
        "burdens": shown.burdens(),
        "month": _month_words(shown),
        "people": PEOPLE,
        "local": lambda at: local(at, shown.hers.timezone),
        "query": "" if problem else request.url.query,
        "most_days": min(length(protocol), MOST_DAYS),
    }
    if wants_part(request):
        return page(request, "researcher/plan_preview.html", **values)
    return page(request, "researcher/plan.html", lines=study_file.lines(protocol), **values)


@router.get("/studies/{study_id}/plan/month.svg")
def month_picture(request: Request, here: Here, _me: Researcher, study_id: str) -> Response:
    from analysis import timetable

    shown = _preview(here, study_file.protocol(here, study_id), request.query_params)
    return svg(timetable.month(month(shown)).svg)


@router.get("/studies/{study_id}/plan/spread.svg")
def spread_picture(request: Request, here: Here, _me: Researcher, study_id: str) -> Response:
    from analysis import timetable

    shown = _preview(here, study_file.protocol(here, study_id), request.query_params)
    return svg(timetable.spread(spread(shown, PEOPLE)).svg)


@router.get("/study-file")
def to_check(request: Request, _me: Researcher) -> HTMLResponse:
    return page(request, "researcher/study_file.html", text="", findings=None)


@router.post("/study-file", dependencies=[OurForm])
def checked(
    request: Request,
    _me: Researcher,
    text: Annotated[str, Form()] = "",
    file: Annotated[UploadFile | None, File()] = None,
) -> HTMLResponse:
    """Nothing is stored: the text is read, and comes back with what is wrong."""
    if file is not None and file.filename:
        text = file.file.read(MOST_LETTERS + 1).decode(errors="replace")
    text = text.replace("\r\n", "\n")
    if len(text) > MOST_LETTERS:
        raise NotUnderstood(f"A study file has at most {MOST_LETTERS:,} letters here; check longer ones by command.")
    return page(request, "researcher/study_file.html", text=text, findings=study_file.check(text))


def _preview(here: Installation, protocol: Protocol, asked: Mapping[str, str] | None) -> Preview:
    """What the form asks for; without it, the study's own hours from next Monday on, or from its calendar's date."""
    asked = asked or {}
    usual = _usual_date(here, protocol)
    try:
        first = date.fromisoformat(asked.get("first") or usual.isoformat())
        days = int(asked.get("days") or min(DAYS, length(protocol)))
    except ValueError:
        raise NotUnderstood("Write the date as 2026-03-27, and the days as a number.") from None
    if first.year not in YEARS:
        raise NotUnderstood(f"Choose a year from {YEARS[0]} to {YEARS[-1]}.")
    windows = {name: _window(asked, name) for name in protocol.hours.window_names()}
    choice = Choice(
        first,
        asked.get("preset") or None,
        asked.get("timezone") or None,
        asked.get("arm") or None,
        (asked.get("seed") or "7")[:40],
        {name: window for name, window in windows.items() if window is not None},
    )
    return preview(protocol, choice, min(max(days, 1), MOST_DAYS))


def _window(asked: Mapping[str, str], name: str) -> Window | None:
    """Another span for a window, where both ends are written."""
    start, end = asked.get(f"start_{name}", ""), asked.get(f"end_{name}", "")
    if not start and not end:
        return None
    try:
        return Window.model_validate({"start": start, "end": end})
    except ValueError:
        raise NotUnderstood(f"Write both ends of {name} as hours and minutes, such as 22:00.") from None


def _usual_date(here: Installation, protocol: Protocol) -> date:
    if protocol.calendar is not None:
        return protocol.calendar.starts_on
    today = here.clock.now().date()
    return today + timedelta(days=7 - today.weekday())


def _month_words(shown: Preview) -> str:
    from analysis.timetable import month_words

    return month_words(month(shown))

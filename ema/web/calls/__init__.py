"""Calls, for the lead of those who are on call. No answer is here; what called is shown once, and on record."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.services import calls
from ema.web.access import Here, Lead, OurForm
from ema.web.pages import page

router = APIRouter(prefix="/calls", include_in_schema=False)


@router.get("")
def everything(request: Request, here: Here, me: Lead) -> HTMLResponse:
    return page(request, "calls/calls.html", calls=calls.listed(here, me), opened="", which=0)


@router.post("/{call}/seen", dependencies=[OurForm])
def seen(here: Here, me: Lead, call: int) -> Response:
    calls.acknowledge(here, call, me)
    return RedirectResponse("/calls", status_code=303)


@router.post("/{call}/open", dependencies=[OurForm])
def open_one(request: Request, here: Here, me: Lead, call: int) -> HTMLResponse:
    """On this page only, and nowhere else."""
    opened = calls.opened(here, call, me)
    return page(request, "calls/calls.html", calls=calls.listed(here, me), opened=opened, which=call)

"""Who is there for whom, and a worker's own days off."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.domain.days_off import WEEKDAYS, read_days
from ema.services import workers
from ema.web.access import Here, OurForm, Peer
from ema.web.pages import page

router = APIRouter(prefix="/peers", include_in_schema=False)


@router.get("/days-off")
def days_off(request: Request, here: Here, me: Peer) -> HTMLResponse:
    days = workers.days_off(here, me)
    return page(request, "peer/days_off.html", weekdays=WEEKDAYS, days=days, dates=sorted(days.difference(WEEKDAYS)))


@router.post("/days-off", dependencies=[OurForm])
def set_days_off(
    here: Here,
    me: Peer,
    day: Annotated[list[str] | None, Form()] = None,
    first: Annotated[str, Form()] = "",
    last: Annotated[str, Form()] = "",
) -> Response:
    workers.set_days_off(here, read_days(day or (), first, last), me)
    return RedirectResponse("/peers/days-off", status_code=303)


@router.post("/{participant}/worker", dependencies=[OurForm])
def give(  # noqa: PLR0917
    here: Here,
    me: Peer,
    participant: str,
    to: Annotated[int, Form()],
    was: Annotated[int, Form()] = 0,
    show: Annotated[str, Form(pattern="^[a-z]{1,10}$")] = "hand",
) -> Response:
    """`was` is nought where nobody was there for her."""
    workers.give(here, participant, to, was or None, me)
    return RedirectResponse(f"/peers?show={show}#p-{participant}", status_code=303)

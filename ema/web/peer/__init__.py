"""The peer worker's page: who to check on and why, one's own people first.

Engagement only; no clock times, no answers, no scores.
"""

from __future__ import annotations

from typing import Annotated, Final

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.services import contact_log, engagement, moving, pin, workers
from ema.services.engagement import Engagement
from ema.web.access import Here, OurForm, Peer
from ema.web.pages import page

router = APIRouter(prefix="/peers", include_in_schema=False)

FIRST: Final = "hand"
FILTERS: Final = {
    FIRST: "Yours, and nobody’s yet",
    "check": "To check on",
    "asked": "Asked for contact",
    "silent": "Silent or quiet",
    "paused": "Paused",
    "all": "Everybody",
}


@router.get("")
def everybody(request: Request, here: Here, me: Peer, show: str = FIRST) -> HTMLResponse:
    return _page(request, here, me, show)


@router.post("/{participant}/code", dependencies=[OurForm])
def code(
    request: Request, here: Here, me: Peer, participant: str, show: Annotated[str, Form()] = FIRST
) -> HTMLResponse:
    """The code is on this page only, and nowhere else."""
    issued = moving.issue(here, participant, me)
    link = f"{here.settings.url.rstrip('/')}/p#{issued}"
    qr = segno.make(link, error="m").svg_data_uri(scale=5, border=2)
    return _page(request, here, me, show, code=pin.spoken(issued), link=link, qr=qr, whom=participant)


@router.post("/{participant}/pin", dependencies=[OurForm])
def take_pin_away(
    request: Request, here: Here, me: Peer, participant: str, show: Annotated[str, Form()] = FIRST
) -> HTMLResponse:
    pin.reset(here, participant, me)
    return _page(request, here, me, show, whom=participant)


def _page(  # noqa: PLR0917
    request: Request, here: Here, me: Peer, show: str, code: str = "", link: str = "", qr: str = "", whom: str = ""
) -> HTMLResponse:
    people = engagement.everybody(here, me)
    show = show if show in FILTERS else FIRST
    return page(
        request,
        "peer/people.html",
        people=[one for one in people if _fits(one, show)],
        counts={name: sum(_fits(one, name) for one in people) for name in FILTERS},
        filters=FILTERS,
        show=show,
        outcomes=contact_log.OUTCOMES,
        workers=contact_log.WORKERS,
        pronouns=contact_log.PRONOUNS,
        simulated=any(one.simulated for one in people),
        code=code,
        link=link,
        qr=qr,
        whom=whom,
        days=moving.GOOD_FOR.days,
        staff=workers.everybody(here),
        my_id=me.id,
        most=here.settings.caseload,
    )


@router.post("/{participant}/contact", dependencies=[OurForm])
def record(
    here: Here, me: Peer, participant: str, outcome: Annotated[str, Form()], show: Annotated[str, Form()] = FIRST
) -> Response:
    contact_log.record(here, participant, outcome, me)
    return RedirectResponse(f"/peers?show={show if show in FILTERS else FIRST}#p-{participant}", status_code=303)


def _fits(one: Engagement, show: str) -> bool:
    match show:
        case "hand":
            return one.at_hand
        case "check":
            return one.check_on
        case "asked":
            return one.wants_contact
        case "silent":
            return one.state in {"silent", "quiet"}
        case "paused":
            return one.state == "paused"
        case _:
            return True

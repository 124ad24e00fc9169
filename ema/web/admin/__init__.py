"""For who runs the server: staff and health. No participant appears here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ema.domain.errors import EmaError
from ema.services import health, signin, staff
from ema.store.tables import ROLES
from ema.web.access import Admin, Here, OurForm
from ema.web.pages import page

router = APIRouter(include_in_schema=False)


class NotYourself(EmaError):
    status = 422


@router.get("/staff")
def everybody(request: Request, here: Here, _me: Admin) -> HTMLResponse:
    return _page(request, here)


@router.post("/staff", dependencies=[OurForm])
def add(
    request: Request, here: Here, me: Admin, name: Annotated[str, Form()], role: Annotated[str, Form()]
) -> HTMLResponse:
    staff_id = staff.add(here, name, role, actor=me.actor)
    return _page(request, here, link=signin.address(here, signin.issue_link(here, staff_id)), whom=name.strip())


@router.post("/staff/{staff_id}/link", dependencies=[OurForm])
def link(request: Request, here: Here, _me: Admin, staff_id: int) -> HTMLResponse:
    whom = staff.get(here, staff_id)
    return _page(request, here, link=signin.address(here, signin.issue_link(here, staff_id)), whom=whom.name)


@router.post("/staff/{staff_id}/disable", dependencies=[OurForm])
def disable(here: Here, me: Admin, staff_id: int) -> Response:
    if staff_id == me.id:
        raise NotYourself("You can't disable yourself: ask another admin.")
    staff.disable(here, staff_id, me.actor)
    return RedirectResponse("/staff", status_code=303)


@router.get("/health")
def state(request: Request, here: Here, _me: Admin) -> HTMLResponse:
    return page(request, "admin/health.html", checks=health.checks(here), notices=health.notices(here))


def _page(request: Request, here: Here, link: str = "", whom: str = "") -> HTMLResponse:
    return page(request, "admin/staff.html", people=staff.everybody(here), roles=ROLES, link=link, whom=whom)

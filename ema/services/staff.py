"""Who works here, in which role."""

from __future__ import annotations

from typing import Any

from ema.domain.errors import EmaError
from ema.services.installation import Installation
from ema.store import audit, signin, views
from ema.store.tables import ROLES


class UnknownStaff(EmaError):
    status = 404


class StaffRefused(EmaError):
    """A name or role that can't be added."""

    status = 422


def add(here: Installation, name: str, role: str, actor: str = "installation") -> int:
    """Add a staff member. Returns her number."""
    name = name.strip()
    if not name or len(name) > 80:
        raise StaffRefused("A name has 1 to 80 letters.")
    if role not in ROLES:
        raise StaffRefused(f"The roles are {', '.join(ROLES)}.")
    now = here.database.clock.now()
    with here.database.transaction() as session:
        staff_id = signin.add_staff(session, name, role, now)
        if staff_id is not None:
            audit.append(session, now, actor, f"added as {role}", f"staff:{staff_id}")
    if staff_id is None:
        raise StaffRefused(f"Somebody is called “{name}” already. Choose another name, or make them a new link.")
    return staff_id


def disable(here: Installation, staff_id: int, actor: str) -> None:
    """End her sessions and links, for good. Her name stays in the audit."""
    now = here.database.clock.now()
    with here.database.transaction() as session:
        signin.disable_staff(session, staff_id, now)
        audit.append(session, now, actor, "disabled", f"staff:{staff_id}")


def get(here: Installation, staff_id: int) -> Any:
    """An enabled staff member. Raises UnknownStaff."""
    for one in everybody(here):
        if one.id == staff_id and one.disabled_at is None:
            return one
    raise UnknownStaff("There is no such staff member, or the account is disabled.")


def named(here: Installation, name: str) -> int:
    """The number of an enabled staff member. Raises UnknownStaff."""
    for one in everybody(here):
        if one.name == name and one.disabled_at is None:
            staff_id: int = one.id
            return staff_id
    raise UnknownStaff(f"There is nobody called “{name}”. Add them with: ema staff add {name!r} --role …")


def everybody(here: Installation) -> list[Any]:
    """Enabled first, by name."""
    with here.database.reading() as session:
        return list(views.staff(session))

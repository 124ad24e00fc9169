"""`ema staff`: who may open the pages, and links to sign in with."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(help="Who may open the pages, and links to sign in with.", no_args_is_help=True)


class Role(StrEnum):
    researcher = "researcher"
    peer = "peer"
    lead = "lead"
    admin = "admin"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="How the pages and the audit name them.")],
    role: Annotated[Role, typer.Option(help="What they may see.")],
) -> None:
    """Add a staff member and print a sign-in link: it works once, for a day."""
    from ema.bootstrap import installation
    from ema.services import signin, staff

    with installation() as here:
        staff_id = staff.add(here, name, role.value)
        print(signin.address(here, signin.issue_link(here, staff_id)))


@app.command()
def link(name: Annotated[str, typer.Argument(help="A staff member.")]) -> None:
    """Print a new sign-in link for a staff member."""
    from ema.bootstrap import installation
    from ema.services import signin, staff

    with installation() as here:
        print(signin.address(here, signin.issue_link(here, staff.named(here, name))))

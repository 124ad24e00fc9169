"""Schedule kinds by name. A new one is a file in this package and a line in `SCHEDULES`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from ema.domain.schedules.base import Schedule
from ema.domain.schedules.once import Once
from ema.domain.schedules.random_window import RandomWindow

SCHEDULES: dict[str, type[Schedule]] = {
    "once": Once,
    "random_window": RandomWindow,
}

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = Annotated[Union[tuple(SCHEDULES.values())], Field(discriminator="kind")]  # noqa: UP007 - built from the registry

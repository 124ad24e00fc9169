"""Schedule kinds by name. A new one is a file in this package and a line in `SCHEDULES`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from ema.domain.schedules.base import Schedule
from ema.domain.schedules.event import Event
from ema.domain.schedules.fixed import Fixed
from ema.domain.schedules.follow_up import FollowUp
from ema.domain.schedules.once import Once
from ema.domain.schedules.random_window import RandomWindow
from ema.domain.schedules.waking import Waking

SCHEDULES: dict[str, type[Schedule]] = {
    "event": Event,
    "fixed": Fixed,
    "follow_up": FollowUp,
    "once": Once,
    "random_window": RandomWindow,
    "waking": Waking,
}

if TYPE_CHECKING:
    AnySchedule = Schedule
else:
    AnySchedule = Annotated[Union[tuple(SCHEDULES.values())], Field(discriminator="kind")]  # noqa: UP007 - built from the registry

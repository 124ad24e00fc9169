"""Item types by name. A new one is a file in this package and a line in `ITEMS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from ema.domain.items.base import Item
from ema.domain.items.calendar import Date
from ema.domain.items.choice import Choice
from ema.domain.items.clock import Time
from ema.domain.items.computed import Computed
from ema.domain.items.duration import Duration
from ema.domain.items.faces import Faces
from ema.domain.items.info import Info
from ema.domain.items.location import Location
from ema.domain.items.multiple import Multiple
from ema.domain.items.number import Number
from ema.domain.items.photo import Photo
from ema.domain.items.rating import Rating
from ema.domain.items.text import Text
from ema.domain.items.vas import Vas
from ema.domain.items.voice import Voice
from ema.domain.items.yes_no import YesNo

ITEMS: dict[str, type[Item]] = {
    "choice": Choice,
    "computed": Computed,
    "date": Date,
    "duration": Duration,
    "faces": Faces,
    "info": Info,
    "location": Location,
    "multiple": Multiple,
    "number": Number,
    "photo": Photo,
    "rating": Rating,
    "text": Text,
    "time": Time,
    "vas": Vas,
    "voice": Voice,
    "yes_no": YesNo,
}

if TYPE_CHECKING:
    AnyItem = Item
else:
    AnyItem = Annotated[Union[tuple(ITEMS.values())], Field(discriminator="type")]  # noqa: UP007 - built from the registry

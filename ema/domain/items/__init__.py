"""Item types by name. A new one is a file in this package and a line in `ITEMS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from ema.domain.items.base import Item
from ema.domain.items.choice import Choice
from ema.domain.items.info import Info
from ema.domain.items.rating import Rating

ITEMS: dict[str, type[Item]] = {
    "choice": Choice,
    "info": Info,
    "rating": Rating,
}

if TYPE_CHECKING:
    AnyItem = Item
else:
    AnyItem = Annotated[Union[tuple(ITEMS.values())], Field(discriminator="type")]  # noqa: UP007 - built from the registry

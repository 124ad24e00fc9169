"""What an item's answer is in an expression: the kind and the range that its type gives."""

from __future__ import annotations

from ema.domain.expressions import Kind, Known
from ema.domain.items import AnyItem
from ema.domain.items.base import Item

OWN_WORDS = frozenset({"choice", "yes_no"})
"""Types whose answers are words of their own, with a code beside; every other type with a number is that number."""


def kind_of(item: Item) -> Kind:
    """The kind of its name in an expression."""
    if item.type in OWN_WORDS:
        return "text"
    if item.type == "multiple":
        return "options"
    if item.type == "date":
        return "date"
    return "number" if item.bounds() is not None or item.column("en").kind != "string" else "text"


def known(item: AnyItem, not_here: str = "") -> Known:
    """What a study file tells about its answers."""
    kind = kind_of(item)
    if kind == "number":
        low, high = item.bounds() or (None, None)
        whole = low is not None and item.column("en").kind == "integer"
        return Known("number", low, high, whole=whole, not_here=not_here)
    options = [option.value for row in item.ask().rows for option in row]
    codes = [item.number(value) for value in options] if kind == "text" else []
    all_coded = tuple(code for code in codes if code is not None)
    return Known(
        kind,
        choices=tuple(options),
        codes=all_coded if len(all_coded) == len(options) else (),
        not_here=not_here,
    )

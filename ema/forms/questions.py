"""XLSForm's question types as items: what each needs beyond its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ema.forms import naming
from ema.forms.conditions import Named, NotCarried
from ema.forms.wording import Cells, Words

LARGEST = 1_000_000
"""The end of a number's range where the form states none; a questionnaire must state one."""
DECIMALS = 2
"""Digits after the point, which XLSForm does not limit."""

_BOUND = re.compile(r"\.\s*(?P<sign>>=|<=|>|<)\s*(?P<number>-?\d{1,12}(?:\.\d{1,6})?)")
_BOTH = re.compile(r"\s+and\s+")
_LENGTH = re.compile(r"string-length\(\s*\.\s*\)\s*(?P<sign><=|<)\s*(?P<number>\d{1,4})")
_PARAMETER = re.compile(r"(\w[\w-]*)\s*=\s*([^\s,;]+)")
_ENDS = re.compile(r"(?P<first>-?\d+) = (?P<low>.+) · (?P<last>-?\d+) = (?P<high>.+)")
"""How a scale's ends stand in a hint, here and in the chat."""


@dataclass
class Question:
    """A row of the survey on its way to an item."""

    cells: Cells
    kind: str
    rest: str
    list_of: Callable[[str], list[Cells]]
    translate: Callable[[str], str]
    options: dict[str, str] | None = None
    several: bool = False
    coded: bool = False
    ends: dict[str, Any] = field(default_factory=dict)

    def named(self, item_id: str) -> Named:
        """How later expressions may speak of it."""
        return Named(item_id, self.several, self.options, self.coded)

    def lose(self, what: str, remedy: str) -> None:
        self.cells.lose(what, remedy)


def options(question: Question) -> list[dict[str, Any]] | None:
    """The options of its list, or None where the list can't be carried."""
    list_name, _, more = question.rest.partition(" ")
    if more:
        question.lose(f"“{more[:40]}” is not carried", "add an option “Other” if it is needed")
    rows = question.list_of(list_name)
    taken: set[str] = set()
    question.options = {}
    made: list[dict[str, Any]] = []
    codes: list[int | None] = []
    for row in rows:
        name = row.take("name")
        value = naming.option_value(name, taken)
        taken.add(value)
        if name in question.options:
            continue
        question.options[name] = value
        label = row.words("label")
        if not label:
            row.lose(f"the option {name} has no words", "its name stands for them; write them")
            label = {"*": name}
        stated = row.take("code")
        number = stated or name
        codes.append(int(number) if re.fullmatch(r"-?\d{1,9}", number) else None)
        if value != name and codes[-1] is None:
            row.lose(f"the option {name} is called {value}", "use this value in conditions and analyses")
        made.append({"value": value, "label": label})
        for header, cell in row.rest():
            row.lose(f"“{header}: {cell[:60]}” has no counterpart", "see whether the option needs it")
        question.cells.losses += row.losses
        row.losses.clear()
        row.used.update(row.row.cells)
    if question.kind == "select_one" and codes and None not in codes:
        question.coded = True
        for option, number_code in zip(made, codes, strict=True):
            option["code"] = number_code
    return made


def _choice(question: Question) -> dict[str, Any]:
    return {"type": "choice", "options": options(question)}


def _multiple(question: Question) -> dict[str, Any]:
    question.several = True
    return {"type": "multiple", "options": options(question)}


def _number(question: Question) -> dict[str, Any]:
    whole = question.kind == "integer"
    bounds = _bounds(question, whole=whole)
    data: dict[str, Any] = {"type": "number"}
    for end, given in (("min", 0), ("max", LARGEST)):
        if end not in bounds:
            side = "lowest" if end == "min" else "largest"
            question.lose(f"states no {side} number; it is {given}", f"write the {side} answer that is possible")
        data[end] = bounds.get(end, given)
    if not whole:
        data["decimals"] = DECIMALS
        question.lose(f"any number of decimals; here it is {DECIMALS}", "change decimals if another is meant")
    return data


def _bounds(question: Question, *, whole: bool) -> dict[str, float]:
    """The range that a constraint states, where it states nothing else. Whole numbers turn `< 10` into at most 9."""
    constraint = question.cells.take("constraint")
    if not constraint:
        return {}
    bounds: dict[str, float] = {}
    for part in _BOTH.split(constraint.strip()):
        found = _BOUND.fullmatch(part.strip())
        end = "" if found is None else "min" if found["sign"].startswith(">") else "max"
        if found is None or end in bounds or (len(found["sign"]) == 1 and not whole):
            _constraint(question, constraint)
            return {}
        number = float(found["number"])
        if len(found["sign"]) == 1:
            number += 1 if end == "min" else -1
        bounds[end] = int(number) if number.is_integer() else number
    question.cells.take("constraint_message")
    return bounds


def _constraint(question: Question, constraint: str) -> None:
    question.lose(f"the constraint {constraint[:80]} is not carried", "write the range as min and max")


def _range(question: Question) -> dict[str, Any]:
    """A range of at most 11 whole steps is a rating; 0 to 100 is a visual analogue scale; another is a number."""
    parameters = dict(_PARAMETER.findall(question.cells.take("parameters")))
    start, end, step = (
        _decimal(parameters.pop(name, usual)) for name, usual in (("start", "1"), ("end", "10"), ("step", "1"))
    )
    for name, value in parameters.items():
        question.lose(f"the parameter {name}={value[:20]} is not carried", "nothing to do, unless you relied on it")
    appearance = question.cells.take("appearance")
    if appearance:
        question.lose(f"the appearance {appearance[:40]} is not carried", "a chat draws scales as buttons")
    if step == 1 and start.is_integer() and end.is_integer() and 0 <= start < end <= 10:
        return {"type": "rating", "min": int(start), "max": int(end), **_scale_ends(question, start, end)}
    if (start, end) == (0, 100):
        question.lose("a range from 0 to 100 is a visual analogue scale here", "in plain chat it is a row of 0 to 10")
        return {"type": "vas", **_scale_ends(question, start, end)}
    question.lose(f"a range in steps of {step:g} is typed as a number here", "use a rating of at most 11 steps, or vas")
    return {"type": "number", "min": start, "max": end, "decimals": 0 if step.is_integer() else DECIMALS}


def _decimal(text: str) -> float:
    try:
        return float(text) if len(text) < 20 else 0.0
    except ValueError:
        return 0.0


def _scale_ends(question: Question, start: float, end: float) -> dict[str, Words]:
    """The words at both ends, where the hint has them as an export from here writes them."""
    hint = question.cells.words("hint")
    found = {language: _ENDS.fullmatch(words) for language, words in hint.items()}
    if hint and all(ends and (int(ends["first"]), int(ends["last"])) == (start, end) for ends in found.values()):
        return {
            "low": {language: ends["low"] for language, ends in found.items() if ends},
            "high": {language: ends["high"] for language, ends in found.items() if ends},
        }
    question.lose("a range has no words at its ends; the numbers stand there", "write low and high")
    if hint:
        _hint(question)
    return {"low": {"*": f"{start:g}"}, "high": {"*": f"{end:g}"}}


def _hint(question: Question) -> None:
    for language, words in question.cells.words("hint").items():
        question.lose(f"the hint “{words[:80]}” ({language}) is left out", "put it into the question if it is needed")


def _text(question: Question) -> dict[str, Any]:
    data: dict[str, Any] = {"type": "text"}
    constraint = question.cells.take("constraint")
    found = _LENGTH.fullmatch(constraint) if constraint else None
    if found:
        data["most"] = int(found["number"]) - (found["sign"] == "<")
    elif constraint:
        question.lose(f"the constraint {constraint[:80]} is not carried", "only a length can be limited: most")
    question.lose("words of her own are off in a study", "switch them on in the study file, with the reason")
    return data


def _plain(item_type: str) -> Callable[[Question], dict[str, Any]]:
    def build(question: Question) -> dict[str, Any]:
        if constraint := question.cells.take("constraint"):
            question.lose(f"the constraint {constraint[:80]} is not carried", "see what this item type can limit")
        return {"type": item_type}

    return build


def _calculate(question: Question) -> dict[str, Any] | None:
    source = question.cells.take("calculation")
    name = question.cells.row.cells.get("name", "")
    try:
        said = question.translate(source)
    except NotCarried as reason:
        question.lose(
            f"{name} is worked out as {source[:120]}; this is left out, because {reason}",
            "write it as a computed item or a score by hand",
        )
        return None
    return {"type": "computed", "expression": said}


ASKED: dict[str, Callable[[Question], dict[str, Any] | None]] = {
    "select_one": _choice,
    "select_multiple": _multiple,
    "integer": _number,
    "decimal": _number,
    "range": _range,
    "text": _text,
    "date": _plain("date"),
    "time": _plain("time"),
    "note": _plain("info"),
    "calculate": _calculate,
}
"""Question types that become items, by XLSForm's name."""

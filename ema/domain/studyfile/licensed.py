"""Words of instruments whose licence does not let them be passed on.

Such an instrument's file (`wording: licensed`) has numbers and scoring only. Whoever holds a licence writes the words
into `<id>.wording.yaml` beside the study, and they are merged by item id when the study is loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from ema.domain.localised import Localised
from ema.domain.studyfile.marked import folders

if TYPE_CHECKING:
    from ema.domain.studyfile.marked import Data, Marked, Place


class ItemWords(BaseModel):
    """One item's words: `low` and `high` for the ends of a rating, `labels` by value for the options of a choice."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Localised
    low: Localised | None = None
    high: Localised | None = None
    labels: dict[str, Localised] = {}


class Wording(BaseModel):
    """A wording file. `low`, `high` and `labels` at the top serve every item that has none of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    instrument: str
    licence: str = Field(min_length=1)
    introduction: Localised | None = None
    low: Localised | None = None
    high: Localised | None = None
    labels: dict[str, Localised] = {}
    items: dict[str, ItemWords]


def is_licensed(marked: Marked) -> bool:
    return isinstance(marked.data, dict) and marked.data.get("wording") == "licensed"


def beside(study: Path, questionnaire_id: str) -> Path | None:
    """The wording file, in the study's folder or the one above."""
    candidates = (folder / f"{questionnaire_id}.wording.yaml" for folder in folders(study))
    return next((file for file in candidates if file.is_file()), None)


def without_words(marked: Marked) -> None:
    """Empty words in all places for words, so that the instrument can be read and scored by itself."""
    for item in _items(marked.data):
        for place in _places(item):
            _at(item, place[:-1]).setdefault(str(place[-1]), {})


def merge(marked: Marked, words: Marked) -> None:
    """Put the words of a wording file that is sound as such into the instrument. Findings name the wording file."""
    data, given = marked.data, words.data
    if not isinstance(data, dict) or not isinstance(given, dict):
        return
    if given.get("instrument") != data.get("id"):
        words.findings.append(
            words.finding(("instrument",), f"is {given.get('instrument')}, but the file is for {data.get('id')}")
        )
    data["wording_licence"] = given.get("licence")
    if "introduction" in given:
        _borrow(marked, ("introduction",), words, ("introduction",))
    of_items = given["items"]
    assert isinstance(of_items, dict)
    items = _items(data)
    known = [str(item.get("id")) for item in items]
    for name in of_items:
        if name not in known:
            words.findings.append(
                words.finding(("items", name), f"is no item of {data.get('id')}; there are {', '.join(known)}")
            )
    for at, item in enumerate(items):
        name = str(item.get("id"))
        for place in _places(item):
            source = _source(given, name, place, item)
            if source is None:
                words.findings.append(words.finding(("items", name), f"{name} has no {_said(place, item)}; add it"))
            else:
                _borrow(marked, ("items", at, *place), words, source)


def _items(data: Data) -> list[dict[str, Data]]:
    items = data.get("items") if isinstance(data, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _places(item: dict[str, Data]) -> list[Place]:
    """Where words are wanted in an item of this type."""
    options = item.get("options")
    if isinstance(options, list):
        labels = [("options", at, "label") for at, option in enumerate(options) if isinstance(option, dict)]
        return [("text",), *labels]
    return [("text",), ("low",), ("high",)] if item.get("type") in {"rating", "vas", "faces"} else [("text",)]


def _value(place: Place, item: dict[str, Data]) -> str:
    option = _at(item, place[:-1])
    return str(option.get("value"))


def _source(given: dict[str, Data], name: str, place: Place, item: dict[str, Data]) -> Place | None:
    """Where the wording file has these words: with the item, otherwise at its top."""
    inside: Place = ("labels", _value(place, item)) if place[0] == "options" else place
    sources: list[Place] = [("items", name, *inside)]
    if place != ("text",):
        sources.append(inside)
    return next((source for source in sources if _has(given, source)), None)


def _said(place: Place, item: dict[str, Data]) -> str:
    return f"label for {_value(place, item)}" if place[0] == "options" else str(place[0])


def _has(data: Data, place: Place) -> bool:
    for step in place:
        if not isinstance(data, dict) or step not in data:
            return False
        data = data[str(step)]
    return True


def _borrow(marked: Marked, here: Place, words: Marked, there: Place) -> None:
    _at(marked.data, here[:-1])[str(here[-1])] = _get(words.data, there)
    marked.borrowed[here] = (words, there)


def _at(data: Data, place: Place) -> dict[str, Data]:
    found = _get(data, place)
    assert isinstance(found, dict)
    return found


def _get(data: Data, place: Place) -> Data:
    for step in place:
        if isinstance(data, dict):
            data = data[str(step)]
        elif isinstance(data, list):
            data = data[int(step)]
    return data

"""Earlier answers inside words: `You said {label.wb_mood}.`

`{answer.NAME}` is the answer as it is stored, `{label.NAME}` the words of the button that she chose, in her language.
NAME is any name that an expression can have: `{label.fact.housing}`, `{answer.score.wb_state}`. After a bar stands what
is said where there is no answer: `{answer.wb_mood|nothing yet}`; otherwise it is `…`. Doubled braces show such a thing
as it is written: `{{answer.wb_mood}}`. All other braces are ordinary characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from ema.domain.flow.going import Walk
from ema.domain.items.base import Item, Value
from ema.domain.localised import ANY, Localised
from ema.domain.screen import Filled

LONGEST = 200
"""Characters of an answer that are shown; she may have typed more."""
NO_ANSWER = "…"

_PIPED = re.compile(
    r"\{\{(?P<escaped>(?:answer|label)\.[^{}]*)\}\}"
    r"|\{(?P<what>answer|label)\.(?P<name>[a-z0-9_.]+)(?:\|(?P<otherwise>[^{}]*))?\}"
)


def piped(text: Localised) -> set[str]:
    """The names whose answers stand in the words, in any language."""
    return {found["name"] for words in text.root.values() for found in _found(words)}


def piped_names(words: str) -> Iterator[tuple[str, str]]:
    """What stands in one language's words: `answer` or `label`, and the name."""
    for found in _found(words):
        yield found["what"], found["name"]


def _found(words: str) -> Iterator[re.Match[str]]:
    return (found for found in _PIPED.finditer(words) if found["name"])


def fill(text: Localised, walked: Walk) -> Localised | Filled:
    """The words with her answers in them, to be said in her language. Words without any come back as they are."""
    found = {one[0][1:-1]: one for words in text.root.values() for one in _PIPED.finditer(words)}
    return Filled(text, {name: _worth(one, walked) for name, one in found.items()}) if found else text


def said(item: Item, value: Value) -> Localised | float | date:
    """An answer in the words of its buttons; a number or a date as such, to be said in her language."""
    labels = {option.value: option.label for row in item.ask().rows for option in row}
    chosen = value if isinstance(value, tuple) else (str(value),)
    if not any(one in labels for one in chosen):
        if item.type == "date" and isinstance(value, str):
            return date.fromisoformat(value)
        whole = isinstance(value, int | float) and item.show(value) == f"{value:.10g}"
        return value if whole and isinstance(value, int | float) else Localised({ANY: item.show(value)[:LONGEST]})
    languages = {language for one in chosen if one in labels for language in labels[one].root}
    return Localised(
        {
            language: ", ".join(labels[one].say(language) if one in labels else one for one in chosen)[:LONGEST]
            for language in languages
        }
    )


def _worth(found: re.Match[str], walked: Walk) -> Localised | str | float | date:
    if found["escaped"]:
        return f"{{{found['escaped']}}}"
    name = found["name"]
    item = walked.course.items.get(name.rpartition(".")[2])
    stored = walked.facts.stored(name)
    if stored is None:
        return NO_ANSWER if found["otherwise"] is None else found["otherwise"]
    if item is not None and found["what"] == "label":
        return said(item, stored)
    if isinstance(stored, tuple):
        return ", ".join(stored)
    return (
        float(f"{stored:.10g}")
        if isinstance(stored, float)
        else stored
        if isinstance(stored, int)
        else stored[:LONGEST]
    )

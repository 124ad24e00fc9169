"""Earlier answers inside words: `You said {label.wb_mood}.`

`{answer.NAME}` is the answer as it is stored, `{label.NAME}` the words of the button that she chose, in her language.
NAME is any name that an expression can have: `{label.fact.housing}`, `{answer.score.wb_state}`. After a bar stands what
is said where there is no answer: `{answer.wb_mood|nothing yet}`; otherwise it is `…`. Doubled braces show such a thing
as it is written: `{{answer.wb_mood}}`. All other braces are ordinary characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ema.domain.flow.going import Walk
from ema.domain.items.base import Item, Value
from ema.domain.localised import ANY, Localised

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


def fill(text: Localised, walked: Walk) -> Localised:
    """The words with her answers in them. Words without any come back as they are."""
    if not any(_PIPED.search(words) for words in text.root.values()):
        return text
    return Localised({language: _filled(words, language, walked) for language, words in text.root.items()})


def said(item: Item, value: Value) -> Localised:
    """An answer in the words of its buttons, or as it would be typed."""
    labels = {option.value: option.label for row in item.ask().rows for option in row}
    chosen = value if isinstance(value, tuple) else (str(value),)
    languages = {language for one in chosen if one in labels for language in labels[one].root}
    return Localised({language: _label(item, value, language) for language in languages or {ANY}})


def _filled(words: str, language: str, walked: Walk) -> str:
    def said(found: re.Match[str]) -> str:
        if found["escaped"]:
            return f"{{{found['escaped']}}}"
        name = found["name"]
        item = walked.course.items.get(name.rpartition(".")[2])
        stored = walked.facts.stored(name)
        if stored is None:
            return NO_ANSWER if found["otherwise"] is None else found["otherwise"]
        return _label(item, stored, language) if item and found["what"] == "label" else _plain(stored)

    return _PIPED.sub(said, words)


def _label(item: Item, value: Value, language: str) -> str:
    labels = {option.value: option.label for row in item.ask().rows for option in row}
    chosen = value if isinstance(value, tuple) else (str(value),)
    if not any(one in labels for one in chosen):
        return item.show(value)[:LONGEST]
    return ", ".join(labels[one].say(language) if one in labels else one for one in chosen)[:LONGEST]


def _plain(value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:.10g}" if isinstance(value, float) else str(value)[:LONGEST]

"""Rules for words: each in every language of the study, short enough for a phone, and neutral where a glance falls."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

from pydantic import BaseModel

from ema.domain.localised import ANY, Localised
from ema.domain.neutral import topic_in
from ema.domain.protocol import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ema.domain.errors import Finding
    from ema.domain.protocol import Protocol
    from ema.domain.studyfile.marked import Marked, Place

BUTTON = 40
"""Characters that a phone shows on one button."""
SCREEN = 1000
"""Characters of one screen; more is not read."""

_LABELS = ("label",)


def study(marked: Marked, files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    yield from _words(marked, protocol, protocol.languages)
    for name, form in protocol.questionnaires.items():
        yield from _words(files[name], form, protocol.languages)
    yield from _note(marked, protocol)
    yield from _placeholders(marked, protocol)


def _words(marked: Marked, model: BaseModel, languages: tuple[str, ...]) -> Iterator[Finding]:
    for path, words in _localised(model, ()):
        for language in words.lacks(languages):
            yield marked.finding(path, f"has no words in “{language}”; add them, or take the language out of the study")
        on_button = path[-1] in _LABELS or path[0] == "other_notes"  # of which she picks one
        limit = BUTTON if on_button else SCREEN
        for language, text in words.root.items():
            where = path if language == ANY else (*path, language)
            if not text.strip():
                yield marked.finding(where, "is empty; write the words")
            if len(text) > limit:
                what = "a button" if limit == BUTTON else "one screen"
                yield marked.finding(where, f"has {len(text)} characters; {what} holds {limit}")


def _localised(part: object, path: Place) -> Iterator[tuple[Place, Localised]]:
    """Every text of the document, but for the questionnaires inside a study, which have files of their own."""
    if isinstance(part, Localised):
        yield path, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            if name != "questionnaires":
                yield from _localised(getattr(part, name), (*path, name))
    elif isinstance(part, tuple):
        for at, entry in enumerate(part):
            yield from _localised(entry, (*path, at))
    elif isinstance(part, dict):
        for key, entry in part.items():
            yield from _localised(entry, (*path, key))


def _note(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    notes: list[tuple[Place, Localised]] = [(("note",), protocol.note)]
    notes += [(("other_notes", name), words) for name, words in protocol.other_notes.items()]
    for at, schedule in enumerate(protocol.schedules):
        for n, reminder in enumerate(schedule.reminders):
            if reminder.text is not None:
                notes.append((("schedules", at, "reminders", n, "text"), reminder.text))
    for place, words in notes:
        for language, text in words.root.items():
            if told := topic_in(text):
                path = place if language == ANY else (*place, language)
                yield marked.finding(
                    path, f"says “{told}”, and whoever glances at the phone can read it; write something neutral"
                )


def _placeholders(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    for at, screen in enumerate(protocol.consent.screens):
        for language, text in screen.text.root.items():
            path: Place = ("consent", "screens", at, "text")
            where = path if language == ANY else (*path, language)
            try:
                names = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
            except ValueError:
                yield marked.finding(where, "has a brace without its partner; remove it")
                continue
            for name in names:
                if name not in PLACEHOLDERS:
                    yield marked.finding(where, f"{{{name}}} can't be filled; there are {', '.join(PLACEHOLDERS)}")

"""What a study must keep to beyond the shape of its fields: names that exist, hours that fit, words that are there."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ema.domain.errors import EmaError
from ema.domain.localtime import zone
from ema.domain.studyfile import wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ema.domain.errors import Finding
    from ema.domain.protocol import Protocol
    from ema.domain.questionnaire import Questionnaire
    from ema.domain.scoring import Score
    from ema.domain.studyfile.marked import Marked, Place


def questionnaire(marked: Marked, form: Questionnaire, file_id: str) -> Iterator[Finding]:
    """What a questionnaire must keep to by itself. `file_id` is its file's name without `.yaml`."""
    if form.id != file_id:
        yield marked.finding(("id",), f"is {form.id}, but the file is {file_id}.yaml; give both the same name")
    seen: set[str] = set()
    for at, item in enumerate(form.items):
        if item.id in seen:
            yield marked.finding(("items", at, "id"), f"there is another item {item.id}; give each its own id")
        seen.add(item.id)
    names: set[str] = set()
    for at, score in enumerate(form.scores):
        if score.name in names:
            yield marked.finding(("scores", at, "name"), f"there is another score {score.name}; rename one")
        if score.name in seen:
            yield marked.finding(("scores", at, "name"), f"an item has the id {score.name}; rename the score")
        names.add(score.name)
        yield from _score(marked, ("scores", at), form, score)


def _score(marked: Marked, here: Place, form: Questionnaire, score: Score) -> Iterator[Finding]:
    items = {item.id: item for item in form.items}
    bounds: list[tuple[float, float]] = []
    for at, item_id in enumerate(score.items):
        item = items.get(item_id)
        if item is None:
            yield marked.finding((*here, "items", at), _unknown(item_id, "item of this questionnaire", items))
        elif (span := item.bounds()) is None:
            yield marked.finding(
                (*here, "items", at), f"{item_id} has no number to score; give each of its options a code"
            )
        else:
            bounds.append(span)
    if len(bounds) < len(score.items):
        return
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    possible = (sum(lows), sum(highs)) if score.method == "sum" else (min(lows), max(highs))
    if tuple(score.range) != possible:
        yield marked.finding(
            (*here, "range"), f"these items give {possible[0]} to {possible[1]}; write [{possible[0]}, {possible[1]}]"
        )


def study(marked: Marked, files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    """What the study must keep to as a whole. `files` are its questionnaires' files, by id."""
    yield from _hours(marked, protocol)
    if protocol.hours.default in protocol.hours.presets:
        yield from _schedules(marked, protocol)
    yield from _names(marked, protocol)
    yield from _across(files, protocol)
    yield from _trend(marked, protocol)
    yield from wording.study(marked, files, protocol)


def _hours(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    hours = protocol.hours
    if hours.default not in hours.presets:
        yield marked.finding(("hours", "default"), _unknown(hours.default, "preset", hours.presets))
        return
    usual = hours.window_names()
    if not usual:
        yield marked.finding(
            ("hours", "presets", hours.default, "windows"), "has no window; add one with start and end"
        )
    for name, preset in hours.presets.items():
        here: Place = ("hours", "presets", name, "windows")
        if set(preset.windows) != set(usual):
            yield marked.finding(
                here, f"has {', '.join(preset.windows)}; every preset must have the windows {', '.join(usual)}"
            )
        for window_name, window in preset.windows.items():
            _, end = window.minutes_after(preset.day_starts)
            if window.start == window.end:
                yield marked.finding((*here, window_name), "starts and ends at the same time; give it some length")
            elif end > 1440:
                yield marked.finding(
                    (*here, window_name),
                    f"is not over when the next study day begins, at {preset.day_starts:%H:%M}; "
                    "move the window or day_starts",
                )


def _schedules(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    seen: set[str] = set()
    windows = [set(preset.windows) for preset in protocol.hours.presets.values()]
    for at, schedule in enumerate(protocol.schedules):
        here: Place = ("schedules", at)
        if schedule.id in seen:
            yield marked.finding((*here, "id"), f"there is another schedule {schedule.id}; give each its own id")
        seen.add(schedule.id)
        last = schedule.days()[1]
        if schedule.counts and last > protocol.days:
            field = next(name for name in ("last_day", "day", "id") if (*here, name) in marked.lines)
            yield marked.finding(
                (*here, field),
                f"day {last} lies after the study's {protocol.days} days; choose an earlier one, or write "
                "counts: false if it is meant to come after",
            )
        minutes = [reminder.after_minutes for reminder in schedule.reminders]
        if schedule.delivery == "offer" and minutes:
            yield marked.finding(
                (*here, "reminders"),
                "an offer is never notified, so it has no reminders; remove them, or write delivery: note",
            )
        if minutes != sorted(set(minutes)):
            yield marked.finding((*here, "reminders"), "must come one after the other; order them by after_minutes")
        if all(names == windows[0] for names in windows):
            for problem in schedule.problems(protocol.hours):
                yield marked.finding((*here, *problem.field), problem.message)


def _names(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    """Questionnaires, languages and zones that the study names."""
    named: list[tuple[Place, str]] = [(("practice", at), name) for at, name in enumerate(protocol.practice)]
    named += [(("unscheduled", at), name) for at, name in enumerate(protocol.unscheduled)]
    for place, schedule in enumerate(protocol.schedules):
        named += [(("schedules", place, "questionnaires", at), name) for at, name in enumerate(schedule.questionnaires)]
    for path, name in named:
        if name not in protocol.questionnaires:
            yield marked.finding(path, _unknown(name, "questionnaire that the study lists", protocol.questionnaires))
    asked = {name for _, name in named}
    for at, name in enumerate(protocol.questionnaires):
        if name not in asked:
            yield marked.finding(("questionnaires", at), f"{name} is never asked; add it to a schedule or remove it")
    zones: list[tuple[Place, str]] = [(("timezone",), protocol.timezone)]
    zones += [(("timezones", at), name) for at, name in enumerate(protocol.timezones)]
    for path, name in zones:
        try:
            zone(name)
        except EmaError as error:
            yield marked.finding(path, str(error))
    for at, language in enumerate(protocol.languages):
        if language in protocol.languages[:at]:
            yield marked.finding(("languages", at), f"{language} is listed twice; remove one")
    for language in protocol.opening.consent_checked_by:
        if language not in protocol.languages:
            yield marked.finding(
                ("opening", "consent_checked_by", language),
                _unknown(language, "language of the study", protocol.languages),
            )


def _across(files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    """Names that must be unique over all questionnaires, and items that need somebody on call."""
    owners: dict[str, str] = {}
    for name, form in protocol.questionnaires.items():
        paths: list[tuple[Place, str]] = [(("items", at, "id"), item.id) for at, item in enumerate(form.items)]
        paths += [(("scores", at, "name"), score.name) for at, score in enumerate(form.scores)]
        for path, word in paths:
            owner = owners.setdefault(word, name)
            if owner != name:
                yield files[name].finding(path, f"{word} is already used in {owner}.yaml; names are unique in a study")
        for at, item in enumerate(form.items):
            if item.risk and not protocol.on_call_rota:
                yield files[name].finding(
                    ("items", at, "risk"),
                    f"{item.id} can disclose a risk to life, and nobody is on call in this study; take the item "
                    "out, or write on_call_rota: true in the study file when there is a rota",
                )


def _trend(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    forms = protocol.questionnaires
    counted = {name for schedule in protocol.schedules if schedule.counts for name in schedule.questionnaires}
    known = [score.name for name, form in forms.items() if name in counted for score in form.scores]
    for at, name in enumerate(protocol.trend.scores):
        if name not in known:
            yield marked.finding(("trend", "scores", at), _unknown(name, "score of a schedule that counts", known))
    if protocol.trend.primary not in protocol.trend.scores:
        yield marked.finding(
            ("trend", "primary"), _unknown(protocol.trend.primary, "score listed above it", protocol.trend.scores)
        )


def _unknown(name: str, what: str, known: Iterable[str]) -> str:
    names = list(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"“{name}” is no {what}; did you mean “{near[0]}”?"
    return f"“{name}” is no {what}; there {'is' if len(names) == 1 else 'are'} {', '.join(names) or 'none'}"

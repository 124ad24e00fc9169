"""What a study must keep to beyond the shape of its fields: names that exist, hours that fit, words that are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ema.domain.errors import EmaError
from ema.domain.items import ITEMS
from ema.domain.localtime import zone
from ema.domain.studyfile import care_rules, flow_rules, payment_rules, schedule_rules, wording
from ema.domain.studyfile.near import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ema.domain.errors import Finding
    from ema.domain.protocol import Protocol
    from ema.domain.questionnaire import Questionnaire
    from ema.domain.scoring import Score
    from ema.domain.studyfile.marked import Marked, Place


RISK_ITEMS = {"phq9_9": "PHQ-9 item 9", "core10_6": "CORE-10 item 6"}
"""Items that no copy of their instrument may ask without the mark."""


def questionnaire(marked: Marked, form: Questionnaire, file_id: str) -> Iterator[Finding]:
    """What a questionnaire must keep to by itself. `file_id` is its file's name without `.yaml`."""
    if form.id != file_id:
        yield marked.finding(("id",), f"is {form.id}, but the file is {file_id}.yaml; give both the same name")
    seen: set[str] = set()
    for at, item in enumerate(form.items):
        if item.id in seen:
            yield marked.finding(("items", at, "id"), f"there is another item {item.id}; give each its own id")
        seen.add(item.id)
        if item.id in RISK_ITEMS and not item.risk:
            yield marked.finding(
                ("items", at, "id"),
                f"{item.id} is {RISK_ITEMS[item.id]}, which can disclose a risk to life; write risk: true under it",
            )
    spans = {item.id: span for item in form.items if (span := item.bounds()) is not None}
    names: set[str] = set()
    for at, score in enumerate(form.scores):
        if score.name in names:
            yield marked.finding(("scores", at, "name"), f"there is another score {score.name}; rename one")
        if score.name in seen:
            yield marked.finding(("scores", at, "name"), f"an item has the id {score.name}; rename the score")
        names.add(score.name)
        yield from _score(marked, ("scores", at), form, score, spans)
        spans.setdefault(score.name, score.range)
    yield from flow_rules.questionnaire(marked, form)


def _score(
    marked: Marked, here: Place, form: Questionnaire, score: Score, spans: Mapping[str, tuple[float, float]]
) -> Iterator[Finding]:
    """`spans` has the lowest and highest value of the items with numbers, and of the scores above this one."""
    types = {item.id: item.type for item in form.items}
    later = {other.name for other in form.scores} - spans.keys()
    for at, name in enumerate(score.items):
        where = (*here, "items", at)
        if name in spans:
            continue
        if types.get(name) == "choice":
            yield marked.finding(where, f"{name} has no number to score; give each of its options a code")
        elif name in types:
            yield marked.finding(where, f"{name} has no number to score, as no {types[name]} has; take it out")
        elif name in later:
            yield marked.finding(where, f"{name} is no score above this one; move it up, so that it is made first")
        else:
            yield marked.finding(where, unknown(name, "item of this questionnaire", (*types, *spans)))
    if not all(name in spans for name in score.items):
        return
    if score.lookup:
        low, high = score.raw_span(spans)
        wanted = list(range(int(low), int(high) + 1)) if low.is_integer() and high.is_integer() else []
        if sorted(score.lookup) != wanted:
            yield marked.finding(
                (*here, "lookup"), f"must have a value for every whole number from {low:g} to {high:g}, and no other"
            )
    low, high = score.span(spans)
    if tuple(score.range) != (low, high):
        yield marked.finding((*here, "range"), f"these items give {low:g} to {high:g}; write [{low:g}, {high:g}]")


def study(marked: Marked, files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    """What the study must keep to as a whole. `files` are its questionnaires' files, by id."""
    yield from _hours(marked, protocol)
    if protocol.hours.default in protocol.hours.presets:
        yield from schedule_rules.study(marked, protocol)
    yield from _names(marked, protocol)
    yield from _across(files, protocol)
    yield from _permitted(marked, files, protocol)
    yield from _trend(marked, protocol)
    yield from _chart(marked, protocol)
    yield from _baseline(marked, protocol)
    yield from payment_rules.study(marked, protocol)
    yield from care_rules.study(marked, protocol)
    yield from wording.study(marked, files, protocol)
    yield from flow_rules.study(files, protocol)


def _hours(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    hours = protocol.hours
    if hours.default not in hours.presets:
        yield marked.finding(("hours", "default"), unknown(hours.default, "preset", hours.presets))
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


def _names(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    """Questionnaires, languages and zones that the study names."""
    named: list[tuple[Place, str]] = [(("practice", at), name) for at, name in enumerate(protocol.practice)]
    named += [(("unscheduled", at), name) for at, name in enumerate(protocol.unscheduled)]
    for place, schedule in enumerate(protocol.schedules):
        named += [(("schedules", place, "questionnaires", at), name) for at, name in enumerate(schedule.questionnaires)]
    for path, name in named:
        if name not in protocol.questionnaires:
            yield marked.finding(path, unknown(name, "questionnaire that the study lists", protocol.questionnaires))
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
                unknown(language, "language of the study", protocol.languages),
            )


def _across(files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    """Names that must be unique over all questionnaires."""
    owners: dict[str, str] = {}
    for name, form in protocol.questionnaires.items():
        paths: list[tuple[Place, str]] = [(("items", at, "id"), item.id) for at, item in enumerate(form.items)]
        paths += [(("scores", at, "name"), score.name) for at, score in enumerate(form.scores)]
        for path, word in paths:
            owner = owners.setdefault(word, name)
            if owner != name:
                yield files[name].finding(path, f"{word} is already used in {owner}.yaml; names are unique in a study")


def _permitted(marked: Marked, files: Mapping[str, Marked], protocol: Protocol) -> Iterator[Finding]:
    """Items that need somebody on call, and items that a study must switch on with its reason."""
    off = {kind: item_type.off_because for kind, item_type in ITEMS.items() if item_type.off_because}
    for kind in protocol.sensitive_items:
        if kind not in off:
            yield marked.finding(("sensitive_items", kind), unknown(kind, "item type that is off by itself", off))
    for name, form in protocol.questionnaires.items():
        for at, item in enumerate(form.items):
            if item.risk and not protocol.on_call_rota:
                yield files[name].finding(
                    ("items", at, "risk"),
                    f"{item.id} can disclose a risk to life, and nobody is on call in this study; take the item "
                    "out, or write on_call_rota: true in the study file when there is a rota",
                )
            if item.type in off and item.type not in protocol.sensitive_items:
                yield files[name].finding(
                    ("items", at, "type"),
                    f"{item.id} asks for a {item.type}, which is off: {off[item.type]}. Take the item out, or write "
                    f"in the study file why it is needed: sensitive_items: {{{item.type}: your reason}}",
                )


def _trend(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    forms = protocol.questionnaires
    counted = {name for schedule in protocol.schedules if schedule.counts for name in schedule.questionnaires}
    known = [score.name for name, form in forms.items() if name in counted for score in form.scores]
    for at, name in enumerate(protocol.trend.scores):
        if name not in known:
            yield marked.finding(("trend", "scores", at), unknown(name, "score of a schedule that counts", known))
    if protocol.trend.primary not in protocol.trend.scores:
        yield marked.finding(
            ("trend", "primary"), unknown(protocol.trend.primary, "score listed above it", protocol.trend.scores)
        )


def _chart(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    known = [score.name for form in protocol.questionnaires.values() for score in form.scores]
    for name in protocol.chart:
        if name not in known:
            yield marked.finding(("chart", name), unknown(name, "score", known))


def _baseline(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    known = [schedule.id for schedule in protocol.schedules]
    for at, name in enumerate(protocol.baseline):
        if name not in known:
            yield marked.finding(("baseline", at), unknown(name, "schedule", known))

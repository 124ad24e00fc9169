"""Which names an expression may use at one place of a questionnaire, and why not the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from ema.domain.expressions import Known
from ema.domain.flow.course import parts_of_score
from ema.domain.flow.kinds import known

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ema.domain.protocol import Protocol
    from ema.domain.questionnaire import Page, Questionnaire, Section
    from ema.domain.scoring import Score


class NameSource:
    """The names of a study, as one of its questionnaires sees them."""

    def __init__(self, protocol: Protocol, form: Questionnaire) -> None:
        self.protocol = protocol
        self.form = form
        self.places: dict[str, tuple[int, Section | None, Page | None, bool]] = {
            placed.item: (at, section, page, placed.fixed) for at, (section, page, placed) in enumerate(form.placed())
        }
        self.home = {item.id: one for one in protocol.questionnaires.values() for item in one.items}
        forms = protocol.questionnaires.values()
        self.plain = {
            item.id: known(item) for one in forms for item in one.items if item.answers_expected or item.hidden
        }
        self.scores = {score.name: (one, score) for one in forms for score in one.scores}
        self.always = {**self._around(), **self._earlier()}

    def names(self, here: str) -> Mapping[str, Known]:
        """What can be named where `here` is about to be shown."""
        return _Names(self, here)

    def known(self, name: str, here: str) -> Known | None:
        """One of these names; None where the study has none of that kind."""
        if name in self.always:
            return self.always[name]
        space, _, bare = name.rpartition(".")
        if not space and name in self.plain:
            return replace(self.plain[name], not_here=self.why_not(name, here))
        if space == "score" and bare in self.scores:
            form, score = self.scores[bare]
            parts = sorted(parts_of_score(form, bare), key=self._place)
            late = next((why for part in parts if (why := self.why_not(part, here))), "")
            why = f"{bare} is not complete here: {late}" if late else ""
            return replace(_score(score), not_here=why)
        return None

    def _place(self, name: str) -> int:
        return self.places[name][0] if name in self.places else 0

    def why_not(self, name: str, here: str) -> str:
        """Why an item can't have been answered when `here` is about to be shown; empty where it can."""
        home = self.home.get(name)
        if home is None:
            return ""
        if home.id != self.form.id:
            return self._elsewhere(name, home)
        if name == here:
            return f"{name} is itself shown only after this; use last.{name} for the one before"
        at, section, page, fixed = self.places[name]
        own_at, own_section, own_page, own_fixed = self.places[here]
        if at > own_at:
            return f"{name} is asked only after this; move it before, or use last.{name} for the one before"
        if page is None or own_page is None:
            return ""
        if page is own_page:
            mixed = page.order == "random" and not (fixed and own_fixed)
        else:
            mixed = section is not None and section is own_section and section.order == "random"
            mixed = mixed and not (page.fixed and own_page.fixed)
        if mixed:
            return f"{name} stands in the same random order and may come later; move it to a page before, or fix both"
        return ""

    def _elsewhere(self, name: str, home: Questionnaire) -> str:
        """An item of another questionnaire must be asked before, wherever this questionnaire is asked."""
        for where, forms in self._asked():
            if self.form.id in forms and home.id not in forms[: forms.index(self.form.id)]:
                return (
                    f"{name} is in {home.id}.yaml, which is not asked before {self.form.id} in {where}; "
                    f"use last.{name} for an earlier prompt's answer"
                )
        return ""

    def _asked(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        for schedule in self.protocol.schedules:
            yield f"the schedule {schedule.id}", schedule.questionnaires
        yield "practice", self.protocol.practice
        yield "unscheduled", self.protocol.unscheduled

    def _around(self) -> dict[str, Known]:
        protocol = self.protocol
        slots = [
            slot
            for schedule in protocol.schedules
            if self.form.id in schedule.questionnaires
            for slot in schedule.slot_names()
        ]
        slots += ["practice"] if self.form.id in protocol.practice else []
        slots += ["unscheduled"] if self.form.id in protocol.unscheduled else []
        last = max(protocol.days, protocol.last_planned_day())
        return {
            "study_day": Known("number", 1, last, whole=True),
            "slot": Known("text", choices=tuple(dict.fromkeys(slots))),
            "phase": Known("text", choices=tuple(dict.fromkeys(phase.id for phase in protocol.phases)))
            if protocol.phases
            else Known("text", not_here="this study has no phases; use study_day"),
            "weekday": Known("number", 1, 7, whole=True),
            "today": Known("date"),
        }

    def _earlier(self) -> dict[str, Known]:
        names: dict[str, Known] = {}
        for one in self.protocol.questionnaires.values():
            once = {placed.item for _, _, placed in one.placed() if placed.once}
            names |= {
                f"fact.{item.id}": self.plain[item.id] for item in one.items if item.id in once & self.plain.keys()
            }
        for space in ("last", "yesterday"):
            names |= {f"{space}.{name}": item for name, item in self.plain.items()}
            names |= {f"{space}.{name}": _score(score) for name, (_, score) in self.scores.items()}
        return names


class _Names(Mapping[str, Known]):
    """Worked out one by one as they are asked for: a study has many more names than an expression."""

    def __init__(self, source: NameSource, here: str) -> None:
        self.source = source
        self.here = here

    def __getitem__(self, name: str) -> Known:
        found = self.source.known(name, self.here)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        source = self.source
        return chain(source.plain, (f"score.{name}" for name in source.scores), source.always)

    def __len__(self) -> int:
        return len(self.source.plain) + len(self.source.scores) + len(self.source.always)


def _score(score: Score) -> Known:
    return Known("number", *score.range)

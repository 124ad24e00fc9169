"""Her own scores over time, for herself: as points in a picture and as words. Nothing is judged and nothing foretold.

Which scores she sees, and what they are called there, the study says (`chart`). Practice does not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlmodel import Session

from ema.domain.localised import ANY, Localised
from ema.domain.localtime import local
from ema.domain.protocol import Protocol
from ema.domain.screen import Words
from ema.store import hers, sealed
from ema.store.vault import PersonKey
from ema.texts import day_and_month, say

FEWEST: Final = 5
"""Check-ins that a picture stands on: of fewer, a usual range says nothing."""
LABELLED_DAYS: Final = 5


@dataclass(frozen=True)
class Course:
    """One score. `points`: when the check-in was due by her own clock then, and the score."""

    label: Localised
    scale: tuple[float, float]
    points: tuple[tuple[datetime, float], ...]
    left_out: int = 0
    """Given in another way than most were, so that they can't be put beside them."""

    @property
    def enough(self) -> bool:
        return len(self.points) >= FEWEST

    @property
    def usual(self) -> tuple[float, float]:
        """The narrowest two of her values that leave out at most a quarter of them at each end."""
        values = sorted(value for _, value in self.points)
        cut = len(values) // 4
        return values[cut], values[-1 - cut]


def count(session: Session, participant_id: str, protocol: Protocol, since: datetime | None = None) -> int:
    """How many check-ins the score stands on that has the most, without opening any: of those begun
    `since` then.
    """
    return max(hers.scored(session, participant_id, tuple(protocol.chart), since).values(), default=0)


def courses(session: Session, key: PersonKey, protocol: Protocol, since: datetime | None = None) -> list[Course]:
    """In the order of the study's file; of what she began `since` then."""
    prompts = {one.id: one for one in hers.prompts(session, key.participant_id, since) if one.kind != "practice"}
    given = sealed.scores_of(session, key, [number for number in prompts if number is not None])
    scales = {score.name: score.range for form in protocol.questionnaires.values() for score in form.scores}
    found = []
    for name, label in protocol.chart.items():
        ways: dict[str, list[tuple[datetime, float]]] = {}
        for one in given:
            if one.name == name and one.value is not None:
                prompt = prompts[one.prompt_id]
                ways.setdefault(one.mode, []).append((local(prompt.due_at, prompt.timezone), one.value))
        sizes = Counter({way: len(points) for way, points in sorted(ways.items())})
        most = max(sizes, key=lambda way: sizes[way], default="")
        points = tuple(sorted(ways.get(most, ())))
        found.append(Course(label, scales[name], points, sizes.total() - len(points)))
    return found


def words(found: Sequence[Course], language: str) -> str:
    """What the picture shows, for whoever can't see it. The scores have numbers in it and no names."""
    parts = [_words(course, language) for course in found]
    if len(parts) == 1:
        return parts[0]
    return "\n\n".join(
        say(Words("me.number", {"i": at, "words": Localised({ANY: said})}), language)
        for at, said in enumerate(parts, 1)
    )


def lines(found: Sequence[Course], language: str) -> tuple[str, ...]:
    """The same for a page: one line for each score, which begins with its name."""
    return tuple(f"{one.label.say(language)}. {_words(one, language)}" for one in found)


def _words(course: Course, language: str) -> str:
    if not course.enough:
        return say(Words("me.too_few"), language)
    values = [value for _, value in course.points]
    low, high = course.usual
    shown = {"low": min(values), "high": max(values), "start": low, "end": high}
    said = [
        say(Words("me.lowest", {"n": len(values), **_rounded(shown)}), language),
        say(Words("me.scale", _rounded({"least": course.scale[0], "most": course.scale[1]})), language),
    ]
    if course.left_out:
        said.append(say(Words("me.left_out", {"n": course.left_out}), language))
    return " ".join(said)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    """To one digit, and whole where it is."""
    tenths = {name: round(value, 1) for name, value in values.items()}
    return {name: int(value) if value == int(value) else value for name, value in tenths.items()}


def drawn(found: Sequence[Course], language: str, *, narrow: bool = False) -> bytes:
    """The picture, as PNG. `narrow`: for a page on a phone."""
    from analysis.own import Panel, picture

    shown = [(at, course) for at, course in enumerate(found, 1) if course.enough]
    days = sorted({when.date() for _, course in shown for when, _ in course.points})
    step = max(1, -(-((days[-1] - days[0]).days + 1) // LABELLED_DAYS)) if days else 1
    panels = []
    for at, course in shown:
        label = course.label.say(language)
        title = label if len(found) == 1 else f"{at} · {label}"
        noon = [(when.date() - days[0]).days + (when.hour * 60 + when.minute) / 1440 for when, _ in course.points]
        panels.append(Panel(title, noon, [value for _, value in course.points], course.scale, course.usual))
    labels = {(day - days[0]).days: day_and_month(day, language) for day in days if (day - days[0]).days % step == 0}
    return picture(panels, labels, say(Words("me.band"), language), narrow=narrow)

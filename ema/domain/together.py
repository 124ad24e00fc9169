"""The prompts of one study day, kept apart from each other, from those before, and from what was sent already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Self

from ema.domain.chance import seeded
from ema.domain.localtime import MINUTE, Runs, without
from ema.domain.schedules.base import Barred, Day, Place, Schedule, Slot
from ema.domain.schedules.spacing import are_apart, nth, spread

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

Kept = Mapping[tuple[str, str], datetime]
"""Due times (UTC) of prompts that stay as they are, by schedule and slot key."""


class Prompt(NamedTuple):
    """One prompt's place on a day, and the minute in it that is drawn; None where there is none."""

    schedule: Schedule
    place: Place
    minute: int | None
    barred: Barred = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.schedule.id, self.place.key

    @property
    def note(self) -> bool:
        return self.schedule.is_note()

    @property
    def due(self) -> datetime:
        return self.place.start if self.minute is None else self.place.start + self.minute * MINUTE

    @property
    def base(self) -> int:
        """The minute that `free` counts from, on a scale on which all prompts can be compared."""
        return (self.place.start - EPOCH) // MINUTE

    def slot(self, day: Day) -> Slot:
        place = self.place
        due = place.opens_at if self.minute is None else place.start + self.minute * MINUTE
        expires = place.expires_at if place.lasts is None else due + place.lasts
        assert expires is not None
        barred: Barred = self.barred
        if self.minute is None and not barred:
            barred = "quiet hours" if day.closed else "no room"
        return Slot(
            self.schedule.id,
            place.key,
            place.slot,
            day.number,
            day.date,
            min(place.opens_at, due),
            due,
            expires,
            barred,
        )


@dataclass(frozen=True)
class Rules:
    """What prompts are held to beyond their own windows."""

    apart: int
    """Minutes between any two notes that count."""
    kept: Kept
    kept_notes: Sequence[datetime]
    """Those of the kept ones that count as notes."""
    not_before: datetime | None

    @classmethod
    def of(cls, protocol: Protocol, kept: Kept, not_before: datetime | None) -> Self:
        if not kept:
            return cls(protocol.minimum_gap_minutes, kept, (), not_before)
        others = {schedule.id for schedule in protocol.schedules if not schedule.is_note()}
        notes = [due for (schedule, _), due in kept.items() if schedule not in others]
        return cls(protocol.minimum_gap_minutes, kept, notes, not_before)

    @property
    def at_rest(self) -> bool:
        return not self.apart and not self.kept and self.not_before is None


def together(
    prompts: Sequence[Prompt], rules: Rules, settled: Sequence[datetime], seed: str, study_day: int
) -> list[Prompt]:
    """The prompts at minutes that keep all rules; `settled` are the notes before. Kept ones come out as they were."""
    drawn = _apart(prompts, rules.apart, settled, seed, study_day)
    if all(_stays(prompt, rules) for prompt in drawn):
        return drawn
    return _anew(drawn, rules, settled, seed, study_day)


def _apart(
    prompts: Sequence[Prompt], apart: int, settled: Sequence[datetime], seed: str, study_day: int
) -> list[Prompt]:
    """As if nothing had been sent: where chance alone does not keep the notes apart, they are drawn together."""
    notes = [prompt for prompt in prompts if prompt.note and prompt.minute is not None]
    free = [_rid(prompt, apart, settled) for prompt in notes]
    if all(map(_within, notes, free)) and are_apart([_scale(prompt) for prompt in notes], apart):
        return list(prompts)
    rng = seeded(seed, "|together", study_day)  # no schedule's id looks like it
    minutes = dict(zip((prompt.key for prompt in notes), spread(free, apart, rng), strict=True))
    return [_at(prompt, minutes[prompt.key], "no room") if prompt.key in minutes else prompt for prompt in prompts]


def _anew(
    prompts: Sequence[Prompt], rules: Rules, settled: Sequence[datetime], seed: str, study_day: int
) -> list[Prompt]:
    """A day that has begun: what was sent stays, then what still can; the others come in what is left."""
    rng = seeded(seed, "|anew", study_day)
    found: dict[tuple[str, str], Prompt] = {}
    waiting: list[Prompt] = []
    settled = [*settled, *rules.kept_notes]
    for prompt in prompts:
        ahead = _ahead(prompt, rules)
        if prompt.key in rules.kept:
            minute = (rules.kept[prompt.key] - prompt.place.start) // MINUTE
            found[prompt.key] = prompt._replace(minute=minute, barred="")
        elif not prompt.place.free or (prompt.minute is None and not prompt.note):
            found[prompt.key] = prompt
        elif not ahead:
            found[prompt.key] = prompt._replace(minute=None, barred="passed")
        elif prompt.note and rules.apart:
            waiting.append(prompt)
        else:
            stays = _stays(prompt, rules)
            found[prompt.key] = prompt if stays else _at(prompt, nth(ahead, rng.random()), "passed")
    free = {prompt.key: _rid(prompt, rules.apart, settled, _ahead(prompt, rules)) for prompt in waiting}
    stay = [prompt for prompt in waiting if prompt.minute is not None and _within(prompt, free[prompt.key])]
    move = [prompt for prompt in waiting if prompt not in stay]
    dues = [prompt.due for prompt in stay]
    minutes = spread([_rid(prompt, rules.apart, dues, free[prompt.key]) for prompt in move], rules.apart, rng)
    if None in minutes:  # there may be room if the others move too
        stay, move = [], waiting
        minutes = spread([free[prompt.key] for prompt in move], rules.apart, rng)
    found |= {prompt.key: prompt for prompt in stay}
    found |= {prompt.key: _at(prompt, at, "no room") for prompt, at in zip(move, minutes, strict=True)}
    return [found[prompt.key] for prompt in prompts]


def _stays(prompt: Prompt, rules: Rules) -> bool:
    """Whether it was sent at just this minute, or still lies ahead."""
    if prompt.key in rules.kept:
        return prompt.minute is not None and prompt.due == rules.kept[prompt.key]
    return prompt.minute is None or rules.not_before is None or prompt.due >= rules.not_before or _set(prompt)


def _set(prompt: Prompt) -> bool:
    """A set that is open for days comes when it comes."""
    return prompt.place.lasts is None


def _ahead(prompt: Prompt, rules: Rules) -> Runs:
    """Its minutes that still lie ahead, on the common scale."""
    runs = _free(prompt)
    if rules.not_before is None or _set(prompt):
        return runs
    return without(runs, (runs[0][0] if runs else 0, -((EPOCH - rules.not_before) // MINUTE)))


def _rid(prompt: Prompt, apart: int, notes: Iterable[datetime], runs: Runs | None = None) -> Runs:
    """Its minutes on the common scale, without those that lie too near to one of the notes."""
    runs = _free(prompt) if runs is None else runs
    if not apart:
        return runs
    near = (((note - EPOCH) // MINUTE - apart + 1, -((EPOCH - note) // MINUTE) + apart) for note in notes)
    return without(runs, *near)


def _free(prompt: Prompt) -> Runs:
    base = prompt.base
    return tuple((base + begin, base + end) for begin, end in prompt.place.free)


def _scale(prompt: Prompt) -> int:
    return prompt.base + (prompt.minute or 0)


def _within(prompt: Prompt, runs: Runs) -> bool:
    minute = _scale(prompt)
    return any(begin <= minute < end for begin, end in runs)


def _at(prompt: Prompt, minute: int | None, otherwise: Barred) -> Prompt:
    if minute is None:
        return prompt._replace(minute=None, barred=otherwise)
    return prompt._replace(minute=minute - prompt.base, barred="")

"""Which items one prompt asks, and in which order. Pure: the same seed gives the same in every process, at any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import gcd
from random import Random
from typing import TypeVar

from ema.domain.protocol import Protocol
from ema.domain.questionnaire import Page, Placed, Questionnaire

T = TypeVar("T")


@dataclass(frozen=True)
class Seed:
    """Whose prompt it is, which one, and how many of its schedule come before it."""

    enrolment: str
    prompt: str
    position: int

    @classmethod
    def of(cls, protocol: Protocol, enrolment_seed: str, schedule_id: str, slot_key: str) -> Seed:
        """By schedule and slot key. A check-in that nobody planned has a position by chance."""
        prompt = f"{schedule_id}|{slot_key}"
        day, _, index = slot_key.partition(".")
        schedule = next((schedule for schedule in protocol.schedules if schedule.id == schedule_id), None)
        if schedule is None or not (day.isdecimal() and index.isdecimal()):
            return cls(enrolment_seed, prompt, _chance(enrolment_seed, prompt).randrange(1_000_000))
        days = int(day) - schedule.days(protocol.timeline())[0]
        return cls(enrolment_seed, prompt, max(days * len(schedule.slot_names()) + int(index) - 1, 0))


def order(questionnaires: Iterable[Questionnaire], seed: Seed) -> tuple[str, ...]:
    """The ids of the items of this prompt, in the order in which they come up. What is not drawn is not among them."""
    return tuple(placed.item for form in questionnaires for page in _pages(form, seed) for placed in _items(page, seed))


def _pages(form: Questionnaire, seed: Seed) -> list[Page]:
    if not form.pages and not form.sections:
        return [Page(id=form.id, items=tuple(placed for _, _, placed in form.placed()))]
    pages = list(form.pages)
    for section in form.sections:
        if section.order == "random":
            pages += _shuffled(section.pages, _chance(seed.enrolment, seed.prompt, "section", section.id))
        else:
            pages += section.pages
    return pages


def _items(page: Page, seed: Seed) -> Sequence[Placed]:
    chosen = page.items
    if page.draw is not None:
        pool = [placed.item for placed in page.items if not placed.fixed]
        names = drawn(pool, page.draw, seed.enrolment, page.id, seed.position)
        chosen = tuple(placed for placed in page.items if placed.fixed or placed.item in names)
    if page.order == "random":
        return _shuffled(chosen, _chance(seed.enrolment, seed.prompt, "page", page.id))
    return chosen


def drawn(pool: Sequence[str], how_many: int, enrolment_seed: str, page: str, position: int) -> frozenset[str]:
    """Which of the pool are asked at this position.

    A shuffled pool is dealt out in hands of `how_many`, round and round, until it comes out even: after
    n / gcd(n, k) positions each has been dealt equally often. Then it is shuffled anew. So over any n positions that
    begin at a multiple of n, every item is asked exactly k times.
    """
    n = len(pool)
    if how_many >= n:
        return frozenset(pool)
    deal, turn = divmod(position, n // gcd(n, how_many))
    shuffled = list(pool)
    _chance(enrolment_seed, "pool", page, deal).shuffle(shuffled)
    return frozenset(shuffled[(turn * how_many + hand) % n] for hand in range(how_many))


def _shuffled(parts: Sequence[T], chance: Random) -> list[T]:
    """In random order; what is `fixed` keeps its place."""
    loose = [part for part in parts if not getattr(part, "fixed", False)]
    chance.shuffle(loose)
    following = iter(loose)
    return [part if getattr(part, "fixed", False) else next(following) for part in parts]


def _chance(*parts: object) -> Random:
    digest = sha256("|".join(map(str, parts)).encode()).digest()
    return Random(int.from_bytes(digest[:8]))  # noqa: S311 - reproducible by intention, nothing secret

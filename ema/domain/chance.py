"""Sources of chance that are the same in every process: made from a seed and from what is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from random import Random
from struct import Struct

_WORDS = Struct(">4Q")


def seeded(enrolment_seed: str, schedule_id: str, what: int | str) -> Random:
    """The source of chance for one schedule's study day (a number), or for something else that is named."""
    digest = _digest(enrolment_seed, schedule_id, what)
    return Random(int.from_bytes(digest[:8]))  # noqa: S311 - reproducible by intention, nothing secret


def shares(enrolment_seed: str, schedule_id: str, study_day: int) -> Iterator[float]:
    """Uniform numbers from 0 to below 1, without end: straight from the hash, which costs less than a generator a day.

    53 bits each, as many as a float holds exactly.
    """
    digest = _digest(enrolment_seed, schedule_id, study_day)
    while True:
        for word in _WORDS.unpack(digest):
            yield (word >> 11) / (1 << 53)
        digest = sha256(digest).digest()


def _digest(enrolment_seed: str, schedule_id: str, what: int | str) -> bytes:
    return sha256(f"{enrolment_seed}|{schedule_id}|{what}".encode()).digest()

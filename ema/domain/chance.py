"""Sources of chance that are the same in every process: made from a seed and from what is drawn."""

from __future__ import annotations

from hashlib import sha256
from random import Random


def seeded(enrolment_seed: str, schedule_id: str, what: int | str) -> Random:
    """The source of chance for one schedule's study day (a number), or for something else that is named."""
    digest = sha256(f"{enrolment_seed}|{schedule_id}|{what}".encode()).digest()
    return Random(int.from_bytes(digest[:8]))  # noqa: S311 - reproducible by intention, nothing secret

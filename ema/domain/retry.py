"""When to try again. Retrying is a value, not a side effect."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

FIRST = timedelta(seconds=2)
LONGEST = timedelta(minutes=5)
JITTER = 0.2


def next_attempt(now: datetime, attempts: int, after: timedelta | None, rng: Random) -> datetime:
    """`attempts` failed so far (1 or more): 2 s, 4 s, 8 s … at most 5 min, each stretched by up to a fifth.

    What the other side asked for (`after`) is kept, with up to a second on top, so that many do not come at once.
    """
    if after is not None:
        return now + after + timedelta(seconds=rng.random())
    doubled: int = 2 ** min(attempts - 1, 10)
    return now + min(FIRST * doubled, LONGEST) * (1 + JITTER * rng.random())

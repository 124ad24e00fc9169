"""When to try again, by what went wrong. Retrying is a value, not a side effect.

What the other side refuses for good (a bad request, a chat that blocked us) is no trouble in this sense: it is never
tried again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Final, Literal

Trouble = Literal["network", "lost", "limit", "token"]
"""`network`: not reached, or an error of its own (5xx). `lost`: no answer came, and the message may have arrived.
`limit`: too many. `token`: our access is refused at present.
"""

FIRST: Final[dict[Trouble, timedelta]] = {
    "network": timedelta(seconds=2),
    "lost": timedelta(seconds=10),  # time for a tap on the first copy: it tells that no second is needed
    "limit": timedelta(seconds=5),
    "token": timedelta(minutes=1),
}
LONGEST: Final = timedelta(minutes=5)
JITTER: Final = 0.2
DOUBTS: Final = 2
"""A message whose answer was lost so often is not sent once more: one duplicate is what a person may get."""


def next_attempt(now: datetime, attempts: int, trouble: Trouble, after: timedelta | None, rng: Random) -> datetime:
    """`attempts` failed so far (1 or more): the first pause, twice that, and so on, at most 5 min, each stretched by up
    to a fifth.

    What the other side asked for (`after`) is kept however long, with up to a second on top, so that many do not come
    at once.
    """
    if after is not None:
        return now + after + timedelta(seconds=rng.random())
    doubled: int = 2 ** min(attempts - 1, 10)
    return now + min(FIRST[trouble] * doubled, LONGEST) * (1 + JITTER * rng.random())

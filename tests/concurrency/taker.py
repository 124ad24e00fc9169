"""One of several workers of one bot: takes what it may for a second; says how much, and from when to when.

`python -m tests.concurrency.taker URL RATE`.
"""

import sys
import time

from ema.store import limits
from ema.store.engine import open_database
from tests.store.people import BOT


def main(url: str, per_second: float) -> None:
    database = open_database(url, durable=False)
    taken, began = 0, time.monotonic()
    while time.monotonic() < began + 1:
        with database.transaction() as session:
            wanted = min(3, limits.room(session, BOT, per_second).messages)
            if wanted and limits.take(session, BOT, wanted, per_second):
                taken += wanted
    sys.stdout.write(f"{taken} {began} {time.monotonic()}")
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))

"""One of several processes: claims, finishes, and says which rows it had.

`python -m tests.concurrency.claimer URL LIMIT BOT`.
"""

import sys
from datetime import timedelta

from ema.store import outbox
from ema.store.engine import open_database
from tests.store.people import NOW


def main(url: str, limit: int, bot_id: int) -> None:
    database = open_database(url, durable=False)
    idle = 0
    while idle < 5:
        with database.transaction() as session:
            rows = outbox.claim(session, bot_id, NOW, limit, timedelta(minutes=5))
        idle = 0 if rows else idle + 1
        for row in rows:
            with database.transaction() as session:
                assert outbox.finish(session, row.id, str(row.claim_token), "sent", now=NOW)
            sys.stdout.write(f"{row.id} {bot_id}\n")
    database.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

"""A process to be killed: writes from several threads and says what was acknowledged. `python -m tests.concurrency.writer URL`."""

import os
import sys
import threading

from ema.store import settings
from ema.store.engine import open_database


def main(url: str) -> None:
    database = open_database(url)

    def write(name: str) -> None:
        number = 0
        while True:
            number += 1
            key = f"{name}.{number}"
            with database.transaction() as session:
                settings.put(session, key, "written")
            os.write(1, f"{key}\n".encode())  # one write for a line: never half of one

    threads = [threading.Thread(target=write, args=(f"t{each}",), daemon=True) for each in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(sys.argv[1])

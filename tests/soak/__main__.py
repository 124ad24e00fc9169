"""`make soak`: kill the product so often on each database, then count. `python -m tests.soak` takes KILLS, SEED and MINUTES.

Both databases are soaked beside one another, by a process each. Ends by itself, with 1 if a promise was broken.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.soak.places import PostgresPlace, SqlitePlace, postgres_server, programs
from tests.soak.points import POINTS
from tests.soak.soak import AT_RANDOM, Breach, Soak, Starter
from tests.soak.verdict import breaches, figures

DATABASES = ("sqlite", "postgresql")


def one(name: str, kills: int, seed: int, seconds: float) -> None:
    """One database; says on stdout how it went, as JSON."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ema-soak-", ignore_cleanup_errors=True)))
        if name == "sqlite":
            place = SqlitePlace(folder)
        else:
            os.environ["PATH"] = f"{programs()}{os.pathsep}{os.environ['PATH']}"
            place = PostgresPlace(stack.enter_context(postgres_server()))
        starter = stack.enter_context(Starter())
        soak = Soak(place, folder, starter, f"{seed}{name}", say=lambda line: print(line, file=sys.stderr, flush=True))
        try:
            soak.run(kills, seconds)
            found = breaches(soak)
        except Breach as breach:
            found = [str(breach)]
        if soak.kills.total() < kills:
            found.append(f"only {soak.kills.total()} of {kills} kills")
        prompts = {f"{state}: {why}" if why else state: n for (state, why), n in soak.stored.prompts_by_state().items()}
        result = {"breaches": found, "kills": soak.kills, "figures": figures(soak), "prompts": prompts}
        soak.close()
        print(json.dumps(result))


def main() -> int:
    kills, seed = int(os.environ.get("KILLS", "200")), int(os.environ.get("SEED", "1"))
    minutes = float(os.environ.get("MINUTES", "20"))
    if sys.argv[1:]:
        one(sys.argv[1], kills, seed, minutes * 60)
        return 0
    running = {
        name: subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.soak", name], stdout=subprocess.PIPE, text=True
        )
        for name in DATABASES
    }
    # whatever happens, it ends
    guards = [threading.Timer(minutes * 60 + 240, each.send_signal, [signal.SIGTERM]) for each in running.values()]
    for guard in guards:
        guard.daemon = True
        guard.start()
    results = {}
    for name, process in running.items():
        said, _ = process.communicate()
        results[name] = (
            json.loads(said) if process.returncode == 0 else {"breaches": [f"ended with {process.returncode}"]}
        )
    for guard in guards:
        guard.cancel()
    show(results, seed)
    return int(any(result["breaches"] for result in results.values()))


def show(results, seed) -> None:
    table = Table("", *results, title=f"kill -9, seed {seed}")
    points = {"kills": [*(point.words for point in POINTS), AT_RANDOM]}
    for part in ("kills", "figures", "prompts"):
        names = points.get(part) or sorted({name for result in results.values() for name in result.get(part, {})})
        for name in names:
            words = {"kills": "killed ", "prompts": "prompts "}.get(part, "") + name
            table.add_row(words, *(str(result.get(part, {}).get(name, 0)) for result in results.values()))
        table.add_section()
    table.add_row("breaches", *(str(len(result["breaches"])) for result in results.values()))
    console = Console(width=120)
    console.print(table)
    for name, result in results.items():
        for breach in result["breaches"]:
            console.print(f"{name}: {breach}", markup=False)


if __name__ == "__main__":
    sys.exit(main())

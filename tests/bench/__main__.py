"""Run every measurement, print a table, write JSON to data/bench/. `python -m tests.bench [NAME…]` runs some of them.

Those that take minutes run only when they are named.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.measures import MEASURES

OUT = Path("data/bench")
LONG = ("growth", "cluster")


def main() -> None:
    wanted = sys.argv[1:] or [name for name in MEASURES if name not in LONG]
    table = Table("what", "figure", "unit", "beside it", title=f"{os.cpu_count()} cores, {platform.python_version()}")
    results: dict[str, list[dict[str, object]]] = {}
    for name in wanted:
        results[name] = []
        for figure in MEASURES[name]():
            results[name].append(vars(figure))
            table.add_row(figure.what, f"{figure.value:,.4g}", figure.unit, figure.beside)
    Console(width=140).print(table)
    OUT.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    file = OUT / f"{now:%Y%m%dT%H%M%S}.json"
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    file.write_text(json.dumps({"at": now.isoformat(), "machine": machine, "results": results}, indent=1))
    print(f"written: {file}")


if __name__ == "__main__":
    main()

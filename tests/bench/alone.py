"""What a process of its own does for the bench: read a large file, put it in order, fit; nothing else is imported."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter

from analysis.files import read
from analysis.frames import tidy
from analysis.mixed.model import fit


def alone(file: Path) -> dict[str, float]:
    """Seconds of each step, the highest resident memory in MB, and how much there was."""
    start = perf_counter()
    frame = read(file, ["id", "obs", "day", "wb"])
    there = perf_counter()
    data = tidy(frame, person="id", time="day", score="wb", beep="obs")
    ordered = perf_counter()
    found = fit(data)
    end = perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 * 1.048576
    took = {"read": there - start, "tidy": ordered - there, "fit": end - ordered, "peak": peak}
    counts = {"rows": data.n_rows, "answers": found.n_used, "persons": found.n_persons}
    return took | counts | {"df": found.trend.df}


if __name__ == "__main__":
    print(json.dumps(alone(Path(sys.argv[1]))))

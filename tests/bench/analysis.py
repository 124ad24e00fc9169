"""The analyses: the mixed model beside R's lme, all persons' trends, 5.6 million rows and the memory that they take.

`EMA_BENCH_SYNTH` may name a CSV file with the columns id, obs, day, pm, wb; without it, 1,000 people like them are made up.
The large file is written as Parquet and read in pieces by a process of its own, whose highest resident memory is counted.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

from tests.bench import measures

if TYPE_CHECKING:
    import pandas as pd

    from analysis.frames import Tidy

Found = TypeVar("Found")
PROMPTS = 56
MISSING = 0.21
LARGE = 100_000
AT_ONCE = 5_000
R_SCRIPT = """
suppressMessages(library(nlme))
d <- na.omit(read.csv(commandArgs(TRUE)[1]))
took <- system.time(fit <- lme(wb ~ day + pm, random = ~ day | id, correlation = corAR1(form = ~ obs | id), data = d))
cat(sprintf("%.15g", c(took[["elapsed"]], as.numeric(logLik(fit)))))
"""


def analysis() -> Iterator[measures.Figure]:
    from analysis.mixed.design import design
    from analysis.mixed.model import fit
    from analysis.persons import person_trends

    with tempfile.TemporaryDirectory() as folder:
        given = os.environ.get("EMA_BENCH_SYNTH")
        file = Path(given) if given else Path(folder) / "synth.csv"
        if not given:
            people(1_000, 1).to_csv(file, index=False)
        data, what = arranged(file), "1,000 people, slope and AR(1)"
        seconds, found = best_of(5, lambda: fit(data, fixed=design(data, ("pm",))))
        df = f"{found.n_used:,} answers; df of the trend {found.trend.df:,.1f}"
        yield measures.Figure(f"{what}, with degrees of freedom", seconds, "s", df)
        if shutil.which("Rscript"):
            yield from beside_r(file, what, seconds, found.log_lik)
        hundred = arranged(people(100, 3))
        seconds, _ = best_of(5, lambda: fit(hundred))
        yield measures.Figure("100 people twice a day, slope and AR(1)", seconds, "s", f"{len(hundred.rows):,} answers")

        times = {}
        for count in (1_000, 10_000):
            some = arranged(people(count, 2))
            times[count] = (
                best_of(3, lambda some=some: person_trends(some))[0],
                best_of(3, lambda some=some: fit(some))[0],
            )
        trends, models = (times[10_000][i] / times[1_000][i] for i in (0, 1))
        yield measures.Figure(
            "all trends of 10,000 people x 56 prompts", times[10_000][0], "s", "about 440,000 answers"
        )
        yield measures.Figure("all trends, 10,000 : 1,000 people", trends, "ratio", "10 is linear")
        yield measures.Figure("mixed model, 10,000 : 1,000 people", models, "ratio", "10 is linear")
        yield from large(Path(folder))


def beside_r(file: Path, what: str, ours: float, log_lik: float) -> Iterator[measures.Figure]:
    run = subprocess.run(["Rscript", "-e", R_SCRIPT, str(file)], capture_output=True, text=True, check=True)
    theirs, their_log_lik = map(float, run.stdout.split())
    better = f"log-likelihood {their_log_lik:.6f}; ours {log_lik - their_log_lik:+.1e}"
    yield measures.Figure(f"{what}, R's nlme::lme", theirs, "s", better)
    yield measures.Figure(
        f"{what}, R : ours", theirs / ours, "ratio", "both in this run; lme has no Satterthwaite's df"
    )


def large(folder: Path) -> Iterator[measures.Figure]:
    """In a process of its own: what was read before doesn't count."""
    file = folder / "large.parquet"
    write(file)
    run = subprocess.run(
        [sys.executable, "-m", "tests.bench.alone", str(file)], capture_output=True, text=True, check=True
    )
    told = json.loads(run.stdout)
    rows = f"{told['rows']:,} rows, {told['answers']:,} answers of {told['persons']:,} people"
    yield measures.Figure("5.6 million rows: read in pieces from Parquet", told["read"], "s", rows)
    yield measures.Figure("5.6 million rows: put in order", told["tidy"], "s")
    yield measures.Figure("5.6 million rows: slope and AR(1), with df", told["fit"], "s", f"df {told['df']:,.0f}")
    yield measures.Figure(
        "5.6 million rows: highest resident memory of the process", told["peak"], "MB", "libraries and all"
    )


def people(count: int, seed: int, first: int = 1) -> pd.DataFrame:
    """Made-up people, twice a day for 28 days: level and slope of their own, AR(1), a fifth missing."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    error = rng.normal(size=(count, PROMPTS))
    for beep in range(1, PROMPTS):
        error[:, beep] = 0.35 * error[:, beep - 1] + np.sqrt(1 - 0.35**2) * error[:, beep]
    obs = np.arange(1, PROMPTS + 1)
    day = (obs - 1) / 2
    level, slope = rng.normal(50, 9, (count, 1)), rng.normal(0.1, 0.25, (count, 1))
    score = level + slope * day + 1.5 * (obs % 2 == 0) + 12 * error
    score[rng.random(score.shape) < MISSING] = np.nan
    columns = {"obs": np.tile(obs, count), "day": np.tile(day, count), "pm": np.tile(1 - obs % 2, count)}
    return pd.DataFrame({"id": np.repeat(np.arange(first, first + count), PROMPTS), **columns, "wb": score.ravel()})


def write(file: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.Table.from_pandas(people(1, 1), preserve_index=False).schema
    with pq.ParquetWriter(file, schema) as writer:
        for first in range(1, LARGE, AT_ONCE):
            some = people(AT_ONCE, first, first)
            writer.write_table(pa.Table.from_pandas(some, schema=schema, preserve_index=False))


def arranged(source: Path | pd.DataFrame) -> Tidy:
    import pandas as pd

    from analysis.frames import tidy

    frame = pd.read_csv(source) if isinstance(source, Path) else source
    return tidy(frame, person="id", time="day", score="wb", beep="obs", terms=("pm",))


def best_of(times: int, work: Callable[[], Found]) -> tuple[float, Found]:
    """The shortest of several runs, after one that warms up, and what came of it."""
    found, took = work(), []
    for _ in range(times):
        start = perf_counter()
        found = work()
        took.append(perf_counter() - start)
    return min(took), found

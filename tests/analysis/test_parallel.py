"""Work in parts: the same numbers one after another, in threads, and on a Dask cluster."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from joblib import Parallel

from analysis import parallel
from analysis.command import Options, analyse, as_json
from analysis.errors import AnalysisError
from analysis.frames import tidy
from analysis.mixed.model import fit
from analysis.parallel import blocks, cluster, each
from analysis.persons import person_trends

ROOT = Path(__file__).parents[2]
DIARY = Options(person="who", time="day", score="score", beep="obs")


@pytest.fixture(scope="module")
def two_workers():
    """A Dask scheduler with two workers, in threads of this process."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
        protocol="tcp://",
    ) as here:
        yield here.scheduler_address


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(parallel, "PERSONS_AT_ONCE", 4)


def numbers(result):
    """Every number of the dictionary, in order."""
    if isinstance(result, dict):
        return [number for value in result.values() for number in numbers(value)]
    if isinstance(result, list):
        return [number for value in result for number in numbers(value)]
    return [result] if isinstance(result, float) else []


def test_a_cluster_gives_the_same_numbers(diary, two_workers, small_blocks):
    frame = diary(persons=14, prompts=20)
    alone = analyse(frame, DIARY)
    with cluster(two_workers) as there:
        spread = analyse(frame, DIARY, there)
    assert as_json(spread).count("null") == as_json(alone).count("null")
    assert len(numbers(alone)) > 300
    assert numbers(spread) == pytest.approx(numbers(alone), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("residual", ["independent", "ar1", "car1", "ar1-day", "ar1-noise"])
def test_blocks_of_persons_add_up_to_all_of_them(diary, monkeypatch, residual):
    frame = diary(persons=14, prompts=42, phi=0.7)
    frame["d"], frame["b"] = (frame["obs"] + 2) // 3, (frame["obs"] + 2) % 3 + 1
    frame["score"] += np.random.default_rng(6).normal(0, 3, len(frame))
    data = tidy(frame, person="who", time="day", score="score", day="d", beep="b")
    whole = fit(data, residual=residual)
    monkeypatch.setattr(parallel, "PERSONS_AT_ONCE", 3)
    parts = fit(data, residual=residual)
    threads = fit(data, residual=residual, parallel=Parallel(n_jobs=2, backend="threading"))
    for found in (parts, threads):
        assert found.log_lik == pytest.approx(whole.log_lik, abs=1e-9)
        assert found.trend.df == pytest.approx(whole.trend.df, rel=1e-7)
        assert [e.se for e in found.fixed] == pytest.approx([e.se for e in whole.fixed], rel=1e-7)
        assert [p.slope for p in found.person_slopes] == pytest.approx([p.slope for p in whole.person_slopes], rel=1e-6)
    assert parts.log_lik == threads.log_lik


def test_a_person_s_trend_is_hers_whoever_shares_her_block(diary, small_blocks):
    frame = diary(persons=9)
    together = person_trends(tidy(frame, person="who", time="day", score="score", beep="obs"))
    for trend in together:
        alone = frame[frame["who"] == trend.person]
        (hers,) = person_trends(tidy(alone, person="who", time="day", score="score", beep="obs"))
        assert hers.theil_sen == trend.theil_sen
        assert hers.gls_ar1.slope == pytest.approx(trend.gls_ar1.slope, rel=1e-9)


@pytest.mark.parametrize("persons", [1, 3, 4, 5, 8, 9])
def test_blocks_hold_whole_persons_and_every_row_once(persons, small_blocks):
    unit = np.repeat(np.arange(persons), np.arange(1, persons + 1))
    found = blocks(unit)
    assert np.concatenate([unit[rows] for rows in found]).tolist() == unit.tolist()
    assert all(len(set(unit[rows])) <= 4 for rows in found)
    assert not any(set(unit[one]) & set(unit[other]) for one, other in pairwise(found))
    assert blocks(unit[:0]) == []


def test_parts_are_made_only_when_their_turn_comes():
    made = []

    def parts():
        for number in range(3):
            made.append(number)
            yield (number,)

    assert each(lambda number: (number, len(made)), parts()) == [(0, 1), (1, 2), (2, 3)]


def test_a_cluster_that_is_not_there_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(parallel, "SECONDS_TO_ANSWER", 0.2)
    with (
        pytest.raises(AnalysisError, match="no Dask scheduler answers at tcp"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass
    with pytest.raises(AnalysisError, match="no Dask scheduler answers at nowhere"), cluster("nowhere://x"):
        pass


def test_a_cluster_without_workers_is_said_in_one_line():
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0", protocol="tcp://") as here,
        pytest.raises(AnalysisError, match="has no workers"),
        cluster(here.scheduler_address),
    ):
        pass


def test_without_distributed_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with (
        pytest.raises(AnalysisError, match="a cluster needs the package distributed: pip install distributed"),
        cluster("tcp://127.0.0.1:8786"),
    ):
        pass


def test_without_a_cluster_nothing_of_it_is_imported():
    code = (
        "import sys, pandas as pd; from analysis.command import Options, analyse;"
        "analyse(pd.DataFrame({'p': [1, 1, 2, 2], 't': [0, 1, 0, 1], 'y': [1, 2, 2, 4]}), Options('p', 't', 'y'));"
        "assert not {'joblib', 'dask', 'distributed'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_workers_that_lack_the_software_are_told_of_in_one_line(two_workers, monkeypatch):
    def absent():
        raise ModuleNotFoundError("No module named 'analysis'", name="analysis")

    monkeypatch.setattr(parallel, "_ready", absent)
    with pytest.raises(AnalysisError, match="lack analysis: install this software there too"), cluster(two_workers):
        pass


def test_the_command_works_on_a_cluster_or_says_that_there_is_none(diary, two_workers, tmp_path, monkeypatch):
    from typer.testing import CliRunner

    from ema.__main__ import app

    file = tmp_path / "diary.csv"
    diary(persons=5).to_csv(file, index=False)
    command = ["analyse", str(file), "--person", "who", "--time", "day", "--score", "score", "--beep", "obs"]
    alone, there = (CliRunner().invoke(app, [*command, *more]) for more in ([], ["--cluster", two_workers]))
    assert there.exit_code == 0
    assert there.output == alone.output
    monkeypatch.setattr(parallel, "SECONDS_TO_ANSWER", 0.2)
    refused = CliRunner().invoke(app, [*command, "--cluster", "tcp://127.0.0.1:9"])
    assert (refused.exit_code, refused.output) == (1, "no Dask scheduler answers at tcp://127.0.0.1:9\n")


LARGE = """
import resource, numpy as np, pandas as pd
from analysis.frames import tidy
from analysis.mixed.model import fit
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
before, rng, obs = peak(), np.random.default_rng(1), np.arange(56)
frame = pd.DataFrame({"who": np.repeat(np.arange(8000), 56), "obs": np.tile(obs, 8000), "day": np.tile(obs / 2, 8000)})
frame["score"] = rng.normal(size=8000)[frame["who"].to_numpy()] + rng.normal(size=len(frame))
fit(tidy(frame, person="who", time="day", score="score", beep="obs"))
print((peak() - before) / len(frame))
"""


def test_a_row_takes_little_room():
    """Bytes at the peak, the frame's own 32 included: 5.6 million rows fit in 1 GB with the libraries."""
    run = subprocess.run([sys.executable, "-c", LARGE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(run.stdout) < 180

"""Change of one person at a known moment, checked against generalised least squares and by hand."""

import numpy as np
import pandas as pd
import pytest

from analysis.change import interrupted, newey_west, overlap
from analysis.errors import NotEstimable
from analysis.frames import tidy

from .made import frame, in_r


def person(y, time=None):
    time = np.arange(len(y)) if time is None else time
    frame = pd.DataFrame({"who": "a", "t": time, "y": np.asarray(y, dtype=float)})
    return tidy(frame, person="who", time="t", score="y")


def series(n=60, step=8.0, bend=0.5, phi=0.4, seed=4):
    rng = np.random.default_rng(seed)
    error = rng.normal(0, 2, n)
    for j in range(1, n):
        error[j] = phi * error[j - 1] + np.sqrt(1 - phi**2) * error[j]
    t = np.arange(n)
    return 20 + 0.1 * t + step * (t >= 30) + bend * np.maximum(t - 30, 0) + error


def test_a_jump_and_a_bend_are_found():
    found = interrupted(person(series()), 30)
    level, slope = found.effects[2:]
    assert level.low < 8 < level.high
    assert slope.low < 0.5 < slope.high
    assert (found.n_before, found.n_after) == (30, 30)
    assert "differs by" in found.sentence


def test_the_estimates_are_generalised_least_squares_at_that_phi():
    y = series()
    keep = np.random.default_rng(1).random(60) > 0.2
    found = interrupted(person(y[keep], np.arange(60)[keep]), 30)
    t = np.arange(60)[keep].astype(float)
    after = t >= 30
    X = np.column_stack([np.ones_like(t), t - 30, after, np.where(after, t - 30, 0)])
    inverse = np.linalg.inv(found.phi ** np.abs(np.subtract.outer(t, t)))
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ y[keep])
    rest = y[keep] - X @ beta
    se = np.sqrt(rest @ inverse @ rest / (len(t) - 4) * np.diag(np.linalg.inv(information)))
    assert [effect.estimate for effect in found.effects] == pytest.approx(beta, rel=1e-6)
    assert [effect.se for effect in found.effects] == pytest.approx(se, rel=1e-6)


@pytest.mark.parametrize("who", [3, 8, 15])
def test_real_gaps_are_treated_as_in_nlme_and_sandwich(who):
    expected = in_r("change")["persons"][str(who)]
    made = frame()
    data = tidy(made[made["person"] == who], person="person", time="day", score="mood", beep="obs")
    found = interrupted(data, 7)
    assert [effect.estimate for effect in found.effects] == pytest.approx(expected["estimate"], rel=1e-4)
    assert [effect.se for effect in found.effects] == pytest.approx(expected["se"], rel=1e-4)
    assert found.phi == pytest.approx(expected["phi"], abs=1e-4)
    slope = newey_west(data)
    assert (slope.estimate, slope.se) == pytest.approx((expected["slope"], expected["newey_west"]), rel=1e-8)


def test_overlap_counts_pairs():
    found = overlap(person([1, 2, 2, 3, 1, 3, 4, 2, 5, 6]), 5)
    wins = sum((a > b) + 0.5 * (a == b) for a in [3, 4, 2, 5, 6] for b in [1, 2, 2, 3, 1])
    assert found.nap == pytest.approx(wins / 25)
    assert found.tau == pytest.approx(2 * wins / 25 - 1)
    assert found.nap_low < found.nap <= found.nap_high <= 1


def test_newey_west_without_lags_is_the_robust_standard_error():
    y = series(step=0, bend=0)
    found = newey_west(person(y), lags=0)
    t = np.arange(60) - 29.5
    slope = t @ y / (t @ t)
    rest = y - y.mean() - slope * t
    assert found.estimate == pytest.approx(slope)
    assert found.se == pytest.approx(np.sqrt(t**2 @ rest**2 * 60 / 58) / (t @ t))


@pytest.mark.parametrize(("y", "moment", "why"), [
    (np.arange(20), 2, "2 answers on one side"),
    (np.ones(20), 10, "no variation"),
])  # fmt: skip
def test_too_little_is_a_plain_answer(y, moment, why):
    with pytest.raises(NotEstimable, match=why):
        interrupted(person(y), moment)


def test_several_persons_are_refused(diary):
    data = tidy(diary(), person="who", time="obs", score="score")
    with pytest.raises(NotEstimable, match="looks at one person; there are 25"):
        overlap(data, 10)
    with pytest.raises(NotEstimable, match="too few answers"):
        newey_west(person(np.ones(30)))

"""Profile intervals: their ends are where the likelihood has fallen by 3.84 / 2, looked at from outside."""

import numpy as np
import pytest
from scipy import optimize

from analysis.frames import tidy
from analysis.mixed.model import fit


def dense(data):
    """-2 ln REML of (ln sd intercept, ln sd slope, atanh correlation, ln sigma, atanh phi)."""
    t, y, place = data.values("time"), data.values("score"), data.values("position")
    X = np.column_stack([np.ones(len(t)), t])
    groups = [np.flatnonzero(data.unit == code) for code in range(len(data.persons))]

    def value(at):
        a, b, r = np.exp(at[0]), np.exp(at[1]), np.tanh(at[2])
        G, sigma, phi = np.array([[a * a, a * b * r], [a * b * r, b * b]]), np.exp(at[3]), np.tanh(at[4])
        log_det, A = 0.0, np.zeros((3, 3))
        for rows in groups:
            W = np.column_stack([y[rows], X[rows]])
            V = X[rows] @ G @ X[rows].T
            V += sigma**2 * phi ** np.abs(np.subtract.outer(place[rows], place[rows]))
            log_det += np.linalg.slogdet(V)[1]
            A += W.T @ np.linalg.solve(V, W)
        rss = A[0, 0] - A[0, 1:] @ np.linalg.solve(A[1:, 1:], A[1:, 0])
        return (len(y) - 2) * np.log(2 * np.pi) + log_det + np.linalg.slogdet(A[1:, 1:])[1] + rss

    return value


SCALES = {"sd_intercept": np.log, "sd_slope": np.log, "correlation": np.arctanh, "sigma": np.log, "phi": np.arctanh}


def test_at_every_end_the_likelihood_has_fallen_by_half_of_chi_squared(diary):
    data = tidy(diary(persons=15, prompts=20), person="who", time="day", score="score", beep="obs")
    found = fit(data, profiled=True)
    value = dense(data)
    best = np.array([SCALES[part.name](part.estimate) for part in found.components])
    assert value(best) == pytest.approx(-2 * found.log_lik, abs=1e-6)
    for i, part in enumerate(found.components):
        for end in (part.low, part.high):
            if end is None or end == 0 or abs(end) == 1:
                continue
            others = np.arange(5) != i

            def at_end(free, i=i, end=end, others=others, name=part.name):
                at = np.empty(5)
                at[others], at[i] = free, SCALES[name](end)
                return value(at)

            lowest = optimize.minimize(at_end, best[others], method="BFGS", options={"gtol": 1e-4}).fun
            assert lowest + 2 * found.log_lik == pytest.approx(3.8415, abs=0.01)


def test_an_end_that_is_not_reached_is_the_boundary(data):
    found = fit(tidy(data("flueckiger"), person="id", time="time", score="na"), profiled=True)
    parts = {part.name: part for part in found.components}
    assert (parts["correlation"].low, parts["correlation"].high) == (-1, 1)
    assert parts["sd_slope"].low == 0
    assert 0.01 < parts["sd_slope"].high < 0.02


def test_far_from_any_boundary_both_kinds_of_interval_agree(data):
    tidied = tidy(data("synth"), person="id", time="day", score="wb", beep="obs")
    wald, profile = fit(tidied), fit(tidied, profiled=True)
    for one, other in zip(wald.components, profile.components, strict=True):
        assert other.low == pytest.approx(one.low, rel=0.02, abs=0.005)
        assert other.high == pytest.approx(one.high, rel=0.02, abs=0.005)


@pytest.mark.parametrize("residual", ["independent", "car1", "car1-noise"])
@pytest.mark.parametrize("random", ["intercept", "slope"])
def test_every_model_has_ordered_ends_around_its_estimate(diary, residual, random):
    data = tidy(diary(phi=0.6, persons=10, prompts=20), person="who", time="day", score="score", beep="obs")
    for part in fit(data, residual=residual, random=random, profiled=True).components:
        assert part.low is None or part.low <= part.estimate + 1e-9
        assert part.high is None or part.high >= part.estimate - 1e-9

"""Changes of one person's level at moments that nobody named."""

import numpy as np
import pandas as pd
import pytest
import ruptures

from analysis.breaks import change_points
from analysis.errors import NotEstimable
from analysis.frames import tidy


def person(y, time=None):
    time = np.arange(len(y)) if time is None else time
    return tidy(
        pd.DataFrame({"who": "a", "t": time, "y": np.asarray(y, dtype=float)}), person="who", time="t", score="y"
    )


def wandering(n, phi, rng):
    error = rng.normal(size=n)
    for j in range(1, n):
        error[j] = phi * error[j - 1] + np.sqrt(1 - phi**2) * error[j]
    return error


def stepped(seed=5):
    y = wandering(60, 0.3, np.random.default_rng(seed))
    y[20:] += 4
    y[45:] -= 3
    return y


def test_two_steps_are_found_where_they_are_and_as_high_as_they_are():
    found = change_points(person(stepped()))
    assert found.moments == (20, 45)
    up, down = found.segments[1:]
    assert up.step_low < 4 < up.step_high
    assert down.step_low < -3 < down.step_high
    assert [segment.n for segment in found.segments] == [20, 25, 15]
    assert "changes at 20.0 by" in found.sentence
    assert len(found.table) == 3


def test_the_moments_are_the_best_of_all_possible_ones():
    y = stepped(seed=8)
    found = list(change_points(person(y)).moments)
    slow = ruptures.Dynp(model="l2", min_size=5, jump=1).fit(y[:, None]).predict(n_bkps=len(found))
    assert len(found) >= 2
    assert found == slow[:-1]


def test_levels_and_steps_are_generalised_least_squares_at_that_phi_gaps_honoured():
    y = stepped()
    keep = np.random.default_rng(2).random(60) > 0.15
    found = change_points(person(y[keep], np.arange(60)[keep]))
    t = np.arange(60)[keep]
    X = np.column_stack([(t >= s.start) & (t <= s.end) for s in found.segments]).astype(float)
    inverse = np.linalg.inv(found.phi ** np.abs(np.subtract.outer(t, t)))
    information = np.linalg.inv(X.T @ inverse @ X)
    level = information @ X.T @ inverse @ y[keep]
    rest = y[keep] - X @ level
    sigma2 = rest @ inverse @ rest / (len(t) - X.shape[1])
    assert [s.level for s in found.segments] == pytest.approx(level)
    width = np.array([s.level_high - s.level for s in found.segments])
    assert width / width[0] == pytest.approx(np.sqrt(np.diag(information) / information[0, 0]))
    assert width[0] == pytest.approx(2.0066 * np.sqrt(sigma2 * information[0, 0]), rel=0.01)


def test_ups_and_downs_that_go_together_are_seldom_taken_for_a_change():
    rng = np.random.default_rng(3)
    found = [change_points(person(wandering(40, 0.4, rng))) for _ in range(25)]
    assert sum(len(one.moments) > 0 for one in found) <= 5
    assert "No change of the level" in next(one for one in found if not one.moments).sentence


@pytest.mark.parametrize(("y", "why"), [(np.arange(12), "at least 20"), (np.ones(30), "no variation")])
def test_too_little_is_a_plain_answer(y, why):
    with pytest.raises(NotEstimable, match=why):
        change_points(person(y))


def test_several_persons_are_refused(diary):
    data = tidy(diary(persons=3), person="who", time="obs", score="score")
    with pytest.raises(NotEstimable, match="one person; there are 3"):
        change_points(data)

"""Missing prompts: who stops answering, and how far the trend depends on it."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError, NotEstimable
from analysis.frames import tidy
from analysis.missingness import answering, by_pattern, shifted


def arrange(frame):
    return tidy(frame, person="who", time="day", score="score", beep="obs")


def fading(persons=60, prompts=40, seed=9):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"who": np.repeat(np.arange(persons), prompts), "day": np.tile(np.arange(prompts) / 2, persons)}
    )
    chance = 1 / (1 + np.exp(-(1.5 - 0.08 * frame["day"] + np.repeat(rng.normal(0, 0.2, persons), prompts))))
    return frame.assign(answered=rng.random(len(frame)) < chance, noise=rng.normal(size=len(frame)))


def test_answering_that_fades_is_found():
    found = answering(fading(), person="who", time="day", answered="answered", predictors=["noise"])
    day, noise = found.odds
    assert day.low < np.exp(-0.08) < day.high
    assert day.high < 1
    assert noise.low < 1 < noise.high
    assert found.n == 2400
    assert "factor of" in found.sentence


def test_answering_needs_both_kinds_of_prompts_and_predictors_that_vary():
    frame = fading()
    with pytest.raises(NotEstimable, match="both answered and unanswered"):
        answering(frame.assign(answered=1), person="who", time="day", answered="answered")
    with pytest.raises(NotEstimable, match="flat doesn't vary"):
        answering(frame.assign(flat=1), person="who", time="day", answered="answered", predictors=["flat"])
    with pytest.raises(AnalysisError, match="no column nope"):
        answering(frame, person="who", time="nope", answered="answered")


def test_patterns_that_don_t_matter_leave_the_trend_where_it_is(diary):
    found = by_pattern(arrange(diary(persons=60, slope=0.5, missing=0.4)))
    average = found.others[-1]
    assert len(found.others) == 4
    assert average.slope == pytest.approx(found.fitted.slope, abs=found.fitted.se)
    assert average.se == pytest.approx(found.fitted.se, rel=0.3)


def test_everybody_complete_has_no_patterns(diary):
    with pytest.raises(NotEstimable, match="no patterns to compare"):
        by_pattern(arrange(diary(missing=0)))


def test_a_shift_of_nothing_gives_the_fitted_trend_and_a_shift_moves_it(diary):
    frame = diary(persons=30, slope=0.5)
    late = (frame["day"] > 7) & (np.random.default_rng(3).random(len(frame)) < 0.5)
    data = arrange(frame.assign(score=frame["score"].mask(late)))
    planned = frame.rename(columns={"who": "person", "day": "time", "obs": "position"})
    found = shifted(data, planned[["person", "time", "position"]], [0, -5], np.random.default_rng(1), draws=6)
    same, lower = found.others
    assert same.slope == pytest.approx(found.fitted.slope, abs=0.3 * found.fitted.se)
    assert same.se >= 0.9 * found.fitted.se
    assert lower.slope < same.slope - found.fitted.se
    with pytest.raises(NotEstimable, match="no prompt is unanswered"):
        shifted(data, planned.head(0)[["person", "time", "position"]], [0], np.random.default_rng(1))

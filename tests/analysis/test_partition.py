"""Variance partition against lmer and the analysis of variance in R."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import NotEstimable
from analysis.frames import tidy
from analysis.mixed.design import Design
from analysis.mixed.model import fit
from analysis.nested import variances
from analysis.partition import centred, correlations, icc, levels, repeated_r

STRESS = ["relax", "irritable", "worry", "nervous"]


@pytest.fixture
def arranged(data):
    def read(name, score):
        time = {"flueckiger": {"time": "time"}, "fried": {"time": "scheduled", "day": "day"}}[name]
        return tidy(data(name), person="id", score=score, **time)

    return read


@pytest.mark.parametrize(
    ("name", "score"),
    [("flueckiger", "pa"), ("flueckiger", "na"), ("flueckiger", "sleep_quality"), ("fried", "stress4")],
)
def test_the_icc_is_that_of_r(name, score, arranged, reference):
    expected = reference("icc_reliability.json")["icc"][name][score]
    found = icc(arranged(name, score))
    assert found.reml.estimate == pytest.approx(expected["lmer_REML"]["icc"], abs=1e-6)
    assert found.variances.log_lik == pytest.approx(expected["lmer_REML"]["logLik"], abs=1e-6)
    anova = expected["anova"]
    assert (found.icc1, found.icc2) == pytest.approx((anova["ICC1"], anova["ICC2"]), abs=1e-8)
    assert (found.k, found.k0) == pytest.approx((anova["k_mean"], anova["k0"]), abs=1e-8)
    assert found.reml.low < found.reml.estimate < found.reml.high


def test_three_levels_are_those_of_r(arranged, reference):
    expected = reference("icc_reliability.json")["three_level"]["fried_stress4"]
    found = levels(arranged("fried", "stress4")).variances
    assert found.log_lik == pytest.approx(expected["logLik"], abs=1e-6)
    assert (found.person, found.group, found.rest) == pytest.approx(
        (expected["person"], expected["day"], expected["moment"]), abs=1e-6
    )


def test_correlations_at_both_levels_are_those_of_r(arranged, data, reference):
    expected = reference("icc_reliability.json")["statsBy"]["fried"]
    used = data("fried").dropna(subset=STRESS).drop_duplicates(["id", "scheduled"])
    found = correlations(used, "id", STRESS)
    assert found.n == expected["n"]
    assert found.within.to_numpy() == pytest.approx(np.array(expected["rwg"]), abs=1e-8)
    assert found.between.to_numpy() == pytest.approx(np.array(expected["rbg"]), abs=1e-8)
    assert repeated_r(used, "id", "worry", "nervous").r == pytest.approx(expected["rwg"][2][3], abs=1e-8)


def test_two_levels_are_a_random_intercept_model(diary):
    data = tidy(diary(), person="who", time="obs", score="score")
    flat = fit(
        data,
        random="intercept",
        residual="independent",
        fixed=Design(
            ("intercept", "time"),
            np.column_stack([np.ones(len(data.rows)), data.values("time")]),
            np.column_stack([np.zeros(len(data.rows)), np.ones(len(data.rows))]),
            {"time": (1,)},
        ),
    )
    detrended = data.values("score") - flat.trend.estimate * data.values("time")
    assert variances(detrended, data.unit).person == pytest.approx(flat.ranef_cov[0, 0], rel=0.01)


def test_a_component_that_is_not_there_is_zero_and_on_the_boundary():
    y = np.tile([1.0, 2.0, 3.0, 4.0], 6)
    found = variances(y, np.repeat(np.arange(6), 4))
    assert found.person == 0
    assert (found.person_share.estimate, found.person_share.low, found.person_share.high) == (0, 0, None)


def test_centring_splits_a_measure_into_person_and_moment():
    frame = pd.DataFrame({"who": ["a", "a", "b"], "x": [1.0, 3.0, 7.0]})
    out = centred(frame, "who", ["x"])
    assert out["x_mean"].tolist() == [2, 2, 7]
    assert out["x_within"].tolist() == [-1, 1, 0]


def test_too_little_is_a_plain_answer(diary):
    alone = tidy(diary(persons=1), person="who", time="obs", score="score")
    with pytest.raises(NotEstimable, match="at least two persons"):
        icc(alone)
    flat = tidy(diary().assign(score=2.0), person="who", time="obs", score="score")
    with pytest.raises(NotEstimable, match="no variation"):
        icc(flat)
    with pytest.raises(NotEstimable, match="day of every answer"):
        levels(flat)


def test_persons_with_one_mean_have_no_reliable_means(diary):
    frame = diary(persons=3, prompts=4, missing=0)
    frame["score"] = [1.0, 2.0, 3.0, 2.0] * 3
    found = icc(tidy(frame, person="who", time="obs", score="score"))
    assert found.icc2 is None
    assert found.reml.estimate == 0


def test_groups_whose_moments_are_all_alike_are_no_case_for_levels(diary):
    frame = diary(persons=4, missing=0)
    frame["whole"] = (frame["obs"] - 1) // 2
    frame["score"] = frame.groupby(["who", "whole"])["score"].transform("mean")
    with pytest.raises(NotEstimable, match="all alike"):
        levels(tidy(frame, person="who", time="obs", score="score", day="whole"))


def test_answers_that_never_differ_within_persons_are_no_case_for_it(diary):
    frame = diary(persons=3, missing=0)
    frame["score"] = frame.groupby("who")["score"].transform("mean")
    with pytest.raises(NotEstimable, match="no variation within persons"):
        icc(tidy(frame, person="who", time="obs", score="score"))

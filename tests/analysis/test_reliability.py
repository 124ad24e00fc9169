"""Reliability against psych and a polished two-level factor analysis."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import NotEstimable
from analysis.reliability import alpha, crossed, generalisability, two_level
from analysis.twolevel import Moments, one_factor, saturated

from .conftest import shared

STRESS = ["relax", "irritable", "worry", "nervous"]


@pytest.fixture
def stress(data):
    return data("fried").dropna(subset=STRESS).drop_duplicates(["id", "scheduled"])


@pytest.fixture
def example():
    return pd.read_csv(shared("data", "shrout2012_example.csv"))


def test_alpha_is_that_of_psych(stress, reference):
    expected = reference("icc_reliability.json")["alpha"]
    assert alpha(stress, STRESS) == pytest.approx(expected["fried_pooled"]["raw_alpha"], abs=1e-8)
    means = stress.groupby("id")[STRESS].mean()
    assert alpha(means, STRESS) == pytest.approx(expected["fried_personmeans"]["raw_alpha"], abs=1e-8)


def test_omega_and_alpha_at_two_levels_are_the_polished_ones(stress, reference):
    expected = reference("multilevel_omega_polished.json")["fried_stress4"]
    found = two_level(stress, "id", STRESS)
    for name in ("omega_within", "omega_between", "alpha_within", "alpha_between"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=1e-5), name
    moments = Moments.of(stress[STRESS].to_numpy(float), pd.factorize(stress["id"])[0])
    assert saturated(moments).log_lik == pytest.approx(expected["logLik_sat"], abs=1e-6)
    assert one_factor(moments).log_lik == pytest.approx(expected["logLik_cfa"], abs=1e-6)
    assert saturated(moments).between == pytest.approx(np.array(expected["S_between"]), abs=1e-5)
    assert one_factor(moments).loadings[0] == pytest.approx(expected["loadings_within"], abs=1e-5)


def test_the_published_example_of_shrout_and_lane(example, reference):
    expected = reference("icc_reliability.json")["multilevel_reliability"]["shrout_psych_aov_only"]
    items = ["Item1", "Item2", "Item3"]
    nested = generalisability(example, "Person", "Time", items)
    assert (nested.RkRn, nested.Rcn) == pytest.approx((expected["RkRn"], expected["Rcn"]), abs=1e-6)
    assert nested.RkRn_answered == pytest.approx(nested.RkRn)
    table = crossed(example, "Person", "Time", items)
    assert (table.RkF, table.R1R) == pytest.approx((expected["RkF"], expected["R1R"]), abs=1e-5)
    assert table.components["items"] == pytest.approx(expected["components"]["Items"], abs=1e-6)


def test_nested_reliability_of_real_studies(stress, data, reference):
    expected = reference("icc_reliability.json")["multilevel_reliability"]
    stress = stress.assign(occasion=(stress["day"] - 1) * 4 + stress["beep"])
    found = generalisability(stress, "id", "occasion", STRESS)
    theirs = expected["fried_stress4_tight_lmer"]
    assert found.occasions == theirs["n.time"]
    assert (found.RkRn, found.Rcn) == pytest.approx((theirs["RkRn"], theirs["Rcn"]), abs=1e-5)
    twice = data("twicedaily").dropna(subset=["sad", "anger", "stress"])
    found = generalisability(twice, "id", "obs2", ["sad", "anger", "stress"])
    theirs = expected["dej_twicedaily_na_tight_lmer"]
    assert (found.RkRn, found.Rcn) == pytest.approx((theirs["RkRn"], theirs["Rcn"]), abs=1e-5)


def test_two_items_have_alpha_but_no_omega(stress):
    found = two_level(stress, "id", STRESS[:2])
    assert found.omega_within is None
    assert found.reason == "omega needs at least 3 items"
    assert 0 < found.alpha_within < 1


def test_a_negative_unique_variance_is_said():
    rng = np.random.default_rng(3)
    lively = rng.multivariate_normal(np.zeros(3), [[1, 0.7, 0.7], [0.7, 1, 0.3], [0.7, 0.3, 1]], 800)
    level = 0.8 * rng.normal(size=(40, 1)) + rng.normal(0, 0.6, (40, 3))
    frame = pd.DataFrame(lively + np.repeat(level, 20, axis=0), columns=["a", "b", "c"])
    found = two_level(frame.assign(who=np.repeat(np.arange(40), 20)), "who", ["a", "b", "c"])
    assert found.omega_within is None
    assert found.reason == "inadmissible within persons: an item has a negative unique variance"
    assert found.omega_between is not None
    assert "not to be had" in found.sentence


def test_items_that_are_one_between_persons_are_said_to_be_so():
    """In this draw one direction between persons is below zero, and the likelihood has no highest point."""
    rng = np.random.default_rng(9)
    rows = []
    for person in range(28):
        level, state = rng.normal(4, 1), 0.0
        for _ in range(5 + person):
            state = rng.normal(0, 0.7)
            rows.append((person, *(level + state + rng.normal(0, 0.8, 3))))
    frame = pd.DataFrame(rows, columns=["person", "a", "b", "c"])
    with pytest.raises(NotEstimable, match="inadmissible: between persons"):
        two_level(frame, "person", ["a", "b", "c"])


def test_incomplete_tables_are_sent_to_the_nested_model(example):
    with pytest.raises(NotEstimable, match="use RkRn and Rcn"):
        crossed(example.iloc[1:], "Person", "Time", ["Item1", "Item2", "Item3"])


def test_too_little_is_a_plain_answer(example):
    with pytest.raises(NotEstimable, match="too few persons or rows"):
        two_level(example[example["Person"] < 5], "Person", ["Item1", "Item2", "Item3"])
    with pytest.raises(NotEstimable, match="at least two items"):
        generalisability(example.head(0), "Person", "Time", ["Item1", "Item2"])
    with pytest.raises(NotEstimable, match="alpha needs"):
        alpha(example, ["Item1"])

"""Trends of single persons: the rank methods against R and scipy, the headline against brute force."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import NotEstimable
from analysis.frames import tidy
from analysis.persons import person_trends, positive_slopes
from analysis.ranks import rank_methods


def arrange(frame, **options):
    return tidy(frame, person="who", time="day", score="score", **({"beep": "obs"} | options))


def test_rank_methods_agree_with_r_for_every_person(data, reference):
    expected = reference("person_trend.json")["flueckiger_pa"]
    trends = person_trends(tidy(data("flueckiger"), person="id", time="time", score="pa"))
    assert len(trends) == len(expected)
    for trend in trends:
        theirs = expected[str(trend.person)]
        assert trend.n == theirs["n"]
        assert trend.theil_sen.slope == pytest.approx(theirs["sen_slope"], abs=1e-8)
        assert trend.kendall.tau == pytest.approx(theirs["kendall_tau_b"], abs=1e-8)
        assert trend.kendall.p == pytest.approx(theirs["kendall_p"], abs=1e-8)
        assert trend.mann_kendall.z == pytest.approx(theirs["mk"]["z"], abs=1e-8)
        assert trend.mann_kendall.p == pytest.approx(theirs["mk"]["p"], abs=1e-8)
        assert trend.hamed_rao.z == pytest.approx(theirs["hamed_rao_all_lags"]["z"], abs=1e-8)
        assert trend.hamed_rao.p == pytest.approx(theirs["hamed_rao_all_lags"]["p"], abs=1e-8)


def test_rank_methods_agree_with_scipy_and_pymannkendall_with_ties_everywhere():
    import pymannkendall
    from scipy import stats

    rng = np.random.default_rng(7)
    time = np.sort(rng.integers(0, 12, (40, 17)), axis=1).astype(float)
    score = rng.integers(1, 6, (40, 17)).astype(float)
    found = rank_methods(time, score)
    for i in range(len(score)):
        sen = stats.theilslopes(score[i], time[i])
        assert (found.slope[i], found.low[i], found.high[i]) == pytest.approx(
            (sen.slope, sen.low_slope, sen.high_slope)
        )
        tau = stats.kendalltau(time[i], score[i], method="asymptotic")
        assert (found.tau[i], found.tau_p[i]) == pytest.approx((tau.statistic, tau.pvalue))
        plain = pymannkendall.original_test(score[i])
        assert (found.plain_z[i], found.plain_p[i]) == pytest.approx((plain.z, plain.p), abs=1e-10)
        if np.isfinite(found.z[i]):
            theirs = pymannkendall.hamed_rao_modification_test(score[i])
            assert (found.z[i], found.z_p[i]) == pytest.approx((theirs.z, theirs.p), abs=1e-10)


def reml(phi, gaps_to, t, y):
    """Minus twice the restricted log-likelihood of a line with correlation phi^gap, and the line."""
    R = phi ** np.abs(np.subtract.outer(gaps_to, gaps_to))
    X = np.column_stack([np.ones_like(t), t])
    inverse = np.linalg.inv(R)
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ y)
    rest = y - X @ beta
    rss = rest @ inverse @ rest
    value = np.linalg.slogdet(R)[1] + np.linalg.slogdet(information)[1] + (len(y) - 2) * np.log(rss)
    return value, beta[1], np.sqrt(rss / (len(y) - 2) * np.linalg.inv(information)[1, 1])


@pytest.mark.parametrize("clock", [False, True])
def test_the_headline_is_the_restricted_maximum_found_by_brute_force(diary, clock):
    from scipy import optimize

    data = arrange(diary(persons=6, missing=0.3), **({"beep": None} if clock else {}))
    for trend in person_trends(data):
        rows = data.rows[data.rows["person"] == trend.person]
        place = rows["time" if clock else "position"].to_numpy()
        t, y = rows["time"].to_numpy(), rows["score"].to_numpy()
        phi_of = (lambda free: np.exp(-np.exp(free))) if clock else np.tanh
        best = optimize.minimize_scalar(
            lambda free, place=place, t=t, y=y, phi_of=phi_of: reml(phi_of(free), place, t, y)[0],
            bounds=(-2, 5) if clock else (-2, 2),
            method="bounded",
            options={"xatol": 1e-9},
        )
        value, slope, se = reml(phi_of(best.x), place, t, y)
        assert reml(trend.gls_ar1.phi, place, t, y)[0] <= value + 1e-7
        assert trend.gls_ar1.slope == pytest.approx(slope, rel=1e-4, abs=1e-6)
        assert trend.gls_ar1.se == pytest.approx(se, rel=1e-4)


def test_without_correlation_the_test_keeps_its_level_and_with_it_nearly():
    rng = np.random.default_rng(2)
    p = []
    for n, phi in ((22, 0.0), (22, 0.25), (30, 0.5), (45, 0.0), (45, 0.25), (45, 0.5)):
        error = rng.standard_normal((600, n))
        for j in range(1, n):
            error[:, j] = phi * error[:, j - 1] + np.sqrt(1 - phi**2) * error[:, j]
        frame = pd.DataFrame({"who": np.repeat(np.arange(600), n), "day": np.tile(np.arange(n), 600)})
        trends = person_trends(arrange(frame.assign(score=error.ravel()), beep=None))
        p += [trend.gls_ar1.p for trend in trends if trend.gls_ar1]
    assert 0.04 < np.mean(np.array(p) < 0.05) < 0.08


def test_p_values_are_adjusted_over_estimable_persons_only(diary):
    from statsmodels.stats.multitest import multipletests

    frame = diary(persons=12, slope=0.4)
    frame = frame[(frame["who"] != "P03") | (frame["obs"] < 6)]
    headlines = [trend.gls_ar1 for trend in person_trends(arrange(frame))]
    assert headlines[3] is None
    estimable = [headline for headline in headlines if headline]
    expected = multipletests([headline.p for headline in estimable], method="fdr_bh")[1]
    assert [headline.p_fdr for headline in estimable] == pytest.approx(expected)


@pytest.mark.parametrize(("change", "method", "why"), [
    (lambda f: f[f["obs"] < 8], "gls_ar1", "at least 10"),
    (lambda f: f[f["obs"] < 3], "theil_sen", "at least 3"),
    (lambda f: f.assign(score=4.0), "gls_ar1", "no variation"),
    (lambda f: f.assign(score=4.0), "kendall", "no variation"),
    (lambda f: f.assign(score=4.0), "hamed_rao", "no variation"),
    (lambda f: f.assign(day=4.0), "theil_sen", "at the same time"),
    (lambda f: f.assign(day=4.0), "gls_ar1", "at the same time"),
    (lambda f: f.assign(score=3 * f["day"]), "gls_ar1", "lie on a line"),
    (lambda f: f.assign(score=(f["day"] - 7) ** 2), "gls_ar1", "runs to one"),
])  # fmt: skip
def test_what_can_t_be_said_of_a_person_is_none_with_a_reason(diary, change, method, why):
    trend = person_trends(arrange(change(diary(persons=1, missing=0))))[0]
    assert getattr(trend, method) is None
    assert why in trend.reasons[method]


def test_hamed_rao_is_not_estimable_where_its_variance_is_not_positive(data):
    trends = person_trends(tidy(data("twicedaily"), person="id", time="obs2", score="happy"))
    without = [trend for trend in trends if trend.hamed_rao is None]
    assert without
    assert all("not estimable" in trend.reasons["hamed_rao"] for trend in without)


def test_how_many_go_up_is_counted_over_those_who_have_a_trend(diary):
    from statsmodels.stats.proportion import proportion_confint

    frame = diary(persons=20, slope=0.3)
    trends = person_trends(arrange(frame[(frame["who"] > "P02") | (frame["obs"] < 6)]))
    found = positive_slopes(trends)
    assert (found.n_persons, found.left_out) == (17, 3)
    assert found.positive == sum(trend.gls_ar1.slope > 0 for trend in trends if trend.gls_ar1)
    assert (found.low, found.high) == pytest.approx(proportion_confint(found.positive, 17, method="wilson"))
    with pytest.raises(NotEstimable, match="nobody has a trend"):
        positive_slopes(())


def test_nobody_at_all_is_an_empty_answer(diary):
    assert person_trends(arrange(diary().assign(score=np.nan))) == ()

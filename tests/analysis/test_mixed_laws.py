"""Laws that the mixed model must keep on any data, and checks against other ways of computing."""

import warnings

import numpy as np
import pytest

from analysis.errors import AnalysisError, NotEstimable
from analysis.frames import tidy
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.optimise import Shape, evaluate
from analysis.noisy import noisy
from analysis.serial import Autoregressive, pair_up


def arrange(frame, time="day", **options):
    return tidy(frame, person="who", time=time, score="score", beep="obs", **options)


def structure(kind, unit, place, columns):
    if kind.endswith("noise"):
        return noisy(unit, place, columns, kind.removesuffix("-noise"))
    return Autoregressive(pair_up(unit, place, columns), kind)


@pytest.mark.parametrize("kind", ["ar1", "car1", "ar1-noise", "car1-noise"])
@pytest.mark.parametrize(("shape", "free"), [
    (Shape(2, 2), [0.1, -0.2, -1.0]), (Shape(2, 1), [0.8, -0.3]), (Shape(1, 1), [-0.4]), (Shape(2, 0), []),
])  # fmt: skip
def test_derivatives_are_those_of_the_value(diary, kind, shape, free):
    data = arrange(diary(persons=6))
    y, t = data.values("score"), data.values("time")
    columns = np.column_stack([(y - 50) / 8, np.ones_like(t), (t - 7) / 4])
    residual = structure(kind, data.unit, data.values("position"), columns)
    at, step = np.array([*free, 0.25, -0.6][: len(free) + len(residual.names)]), 1e-5

    def look(where):
        return evaluate(residual, shape, len(y), where, reml=True)

    def slope(of, i):
        move = step * np.eye(len(at))[i]
        return (of(look(at + move)) - of(look(at - move))) / (2 * step)

    point = look(at)
    for i in range(len(at)):
        assert point.gradient[i] == pytest.approx(slope(lambda p: p.value, i), rel=1e-6, abs=1e-6)
        assert point.hessian[i] == pytest.approx(slope(lambda p: p.gradient, i), rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("residual", ["independent", "ar1", "car1", "ar1-day", "ar1-noise", "car1-noise"])
@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_likelihood_is_the_textbook_one(diary, residual, method):
    """ln-likelihood and BLUPs from the full covariance matrix of every person."""
    frame = diary(persons=14, prompts=42, phi=0.7)
    frame["d"], frame["b"] = (frame["obs"] + 2) // 3, (frame["obs"] + 2) % 3 + 1
    frame["score"] += np.random.default_rng(6).normal(0, 3, len(frame))
    data = tidy(frame, person="who", time="day", score="score", day="d", beep="b")
    found = fit(data, residual=residual, method=method)
    t, y = data.values("time"), data.values("score")
    place = data.values("position") if residual.startswith("ar1") else data.clock
    noise = next((part.estimate for part in found.components if part.name == "noise"), 0.0)
    n, p = len(y), 2
    X = np.column_stack([np.ones(n), t])
    V, Z_G = np.zeros((n, n)), {}
    for code, person in enumerate(data.persons):
        rows = np.flatnonzero(data.unit == code)
        R = (found.phi or 0.0) ** np.abs(np.subtract.outer(place[rows], place[rows]))
        if residual == "ar1-day":
            R *= np.equal.outer(data.values("day")[rows], data.values("day")[rows])
        R = found.sigma**2 * ((1 - noise) * R + noise * np.eye(len(rows)))
        V[np.ix_(rows, rows)] = X[rows] @ found.ranef_cov @ X[rows].T + R
        Z_G[person] = (rows, X[rows] @ found.ranef_cov)
    inverse = np.linalg.inv(V)
    information = X.T @ inverse @ X
    beta = np.linalg.solve(information, X.T @ inverse @ y)
    rest = y - X @ beta
    value = np.linalg.slogdet(V)[1] + rest @ inverse @ rest
    if method == "reml":
        value += (n - p) * np.log(2 * np.pi) + np.linalg.slogdet(information)[1]
    else:
        value += n * np.log(2 * np.pi)
    assert (noise > 0) == residual.endswith("noise")
    assert found.log_lik == pytest.approx(-value / 2, abs=1e-8)
    assert [e.estimate for e in found.fixed] == pytest.approx(beta, rel=1e-8)
    assert found.vcov_fixed == pytest.approx(np.linalg.inv(information), rel=1e-8)
    weights = inverse @ rest
    for slope in found.person_slopes:
        rows, cov = Z_G[slope.person]
        assert slope.slope == pytest.approx(beta[1] + (cov.T @ weights[rows])[1], rel=1e-7)


def test_units_of_score_and_time_shift_the_criterion_as_they_must(diary):
    frame = diary()
    before = fit(arrange(frame))
    n, p, b, c = before.n_used, 2, 10.0, 7.0
    scaled = fit(arrange(frame.assign(score=frame["score"] * b)))
    slower = fit(arrange(frame.assign(day=frame["day"] * c)))
    assert scaled.log_lik == pytest.approx(before.log_lik - (n - p) * np.log(b), abs=1e-8)
    assert slower.log_lik == pytest.approx(before.log_lik - np.log(c), abs=1e-8)
    assert scaled.trend.estimate == pytest.approx(b * before.trend.estimate, rel=1e-6)
    assert slower.trend.df == pytest.approx(before.trend.df, rel=1e-6)


def test_the_order_of_rows_and_persons_means_nothing(diary):
    frame = diary()
    before = fit(arrange(frame))
    mixed = fit(arrange(frame.sample(frac=1, random_state=4)))
    renamed = fit(arrange(frame.assign(who=frame["who"].map(lambda who: f"{99 - int(who[1:]):02d}"))))
    for after in (mixed, renamed):
        assert after.log_lik == pytest.approx(before.log_lik, abs=1e-9)
        assert after.trend.estimate == pytest.approx(before.trend.estimate, rel=1e-8)


def test_time_run_backwards_changes_only_signs(diary):
    frame = diary()
    before = fit(arrange(frame))
    after = fit(arrange(frame.assign(day=-frame["day"], obs=100 - frame["obs"])))
    assert after.log_lik == pytest.approx(before.log_lik, abs=1e-8)
    assert after.trend.estimate == pytest.approx(-before.trend.estimate, rel=1e-6)
    assert after.phi == pytest.approx(before.phi, rel=1e-6)
    assert after.ranef_cov[0, 1] == pytest.approx(-before.ranef_cov[0, 1], rel=1e-5)


def test_independent_residuals_agree_with_statsmodels(diary):
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = arrange(diary())
    X = np.column_stack([np.ones(len(data.rows)), data.values("time")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MixedLM(data.values("score"), X, groups=data.unit, exog_re=X).fit(reml=True, method="lbfgs")
    ours = fit(data, residual="independent")
    assert [e.estimate for e in ours.fixed] == pytest.approx(theirs.fe_params, rel=1e-5)
    assert [e.se for e in ours.fixed] == pytest.approx(theirs.bse_fe, rel=1e-3)
    assert ours.sigma**2 == pytest.approx(theirs.scale, rel=1e-3)


def test_without_measurement_error_the_fit_is_the_one_without(diary):
    data = arrange(diary(phi=-0.3, persons=30))
    found, plain = fit(data, residual="ar1-noise"), fit(data, residual="ar1")
    assert found.log_lik == pytest.approx(plain.log_lik, abs=1e-4)
    noise = next(part for part in found.components if part.name == "noise")
    assert noise.estimate < 0.01
    if noise.boundary:
        assert "no measurement error was found: the fit is the one without" in found.warnings


def test_text_terms_are_treatment_contrasts_and_interactions_have_names(diary):
    data = arrange(diary(), terms=("slot",))
    found = fit(data, fixed=design(data, ("slot",), ("time:slot",)))
    assert [e.name for e in found.fixed] == ["intercept", "time", "slot[pm]", "time:slot[pm]"]
    other = fit(data, fixed=design(data, ("slot=pm",), ("time:slot",)))
    assert [e.name for e in other.fixed][2:] == ["slot[am]", "time:slot[am]"]
    assert other.log_lik == pytest.approx(found.log_lik, abs=1e-8)
    assert {test.term: test.df1 for test in found.tests} == {"time": 1, "slot": 1, "time:slot": 1}


def test_an_f_test_of_one_effect_is_its_t_test_squared(diary):
    data = arrange(diary(), terms=("slot",))
    found = fit(data, fixed=design(data, ("slot",)))
    effect, test = found.fixed[2], found.tests[1]
    assert pytest.approx((effect.estimate / effect.se) ** 2) == test.F
    assert test.df2 == pytest.approx(effect.df)
    assert test.p == pytest.approx(effect.p)


def test_more_than_one_contrast_has_one_f_test(data):
    tidied = tidy(data("fried"), person="id", time="scheduled", score="stress4", origin="file", day="day", beep="beep")
    found = fit(tidied, fixed=design(tidied, slot=True, weekday=True))
    tests = {test.term: test for test in found.tests}
    assert (tests["slot"].df1, tests["weekday"].df1) == (3, 6)
    assert 0 < tests["weekday"].p < 1
    assert found.fixed[-1].name == "weekday[Sun]"


def test_persons_more_alike_than_chance_are_a_singular_fit(diary):
    frame = diary(persons=12, missing=0)
    rng = np.random.default_rng(5)
    frame["score"] = rng.normal(size=len(frame))
    frame["score"] -= frame.groupby("who")["score"].transform("mean")
    found = fit(arrange(frame), random="intercept")
    assert found.singular
    assert found.converged
    assert found.components[0].estimate == 0
    assert found.components[0].boundary


@pytest.mark.parametrize("seed", range(20))
def test_pure_noise_ends_in_an_answer_no_worse_than_any_simpler_model(diary, seed):
    frame = diary(persons=8, prompts=20)
    frame["score"] = np.random.default_rng(seed).normal(size=len(frame))
    data = arrange(frame)
    found = fit(data)
    assert found.converged
    assert all(np.isfinite([e.df for e in found.fixed]))
    for simpler in (fit(data, random="intercept"), fit(data, residual="independent")):
        assert found.log_lik >= simpler.log_lik - 1e-6


def test_car1_without_correlation_is_the_independent_fit(diary):
    frame = diary(persons=20, seed=11)
    frame["day"] *= 5000.0  # prompts so far apart in hours that nothing is left of the last one
    found = fit(arrange(frame), residual="car1")
    alone = fit(arrange(frame), residual="independent")
    assert found.log_lik >= alone.log_lik - 1e-6


@pytest.mark.parametrize(("change", "why"), [
    (lambda f: f[f["who"] == "P00"], "only one person"),
    (lambda f: f[f["who"] < "P02"], "2 persons are too few"),
    (lambda f: f.assign(score=4.0), "no variation"),
    (lambda f: f.assign(score=np.nan), "no row with a score"),
    (lambda f: f.assign(day=3.0), "time doesn't vary"),
    (lambda f: f[f["obs"] <= 1], "enough answers"),
    (lambda f: f.assign(score=f["day"] * 2.0 + 1), "no residual"),
    (lambda f: f.assign(score=f["who"].str[1:].astype(int) * (1 + f["day"])), "no residual"),
])  # fmt: skip
def test_too_little_is_a_plain_answer(diary, change, why):
    with pytest.raises(NotEstimable, match=why):
        fit(arrange(change(diary(missing=0))))


def test_questions_that_make_no_sense_are_refused(diary):
    data = arrange(diary(), terms=("slot",))
    with pytest.raises(AnalysisError, match="slot has no level noon; its levels are am, pm"):
        design(data, ("slot=noon",))
    with pytest.raises(AnalysisError, match="needs arm as a term"):
        design(data, ("slot",), ("time:arm",))
    with pytest.raises(AnalysisError, match="weekdays need dates"):
        design(data, weekday=True)
    with pytest.raises(AnalysisError, match="within the day needs --day"):
        fit(data, residual="ar1-day")
    no_position = tidy(diary(), person="who", time="day", score="score")
    with pytest.raises(AnalysisError, match=r"AR\(1\) needs positions"):
        fit(no_position, residual="ar1")
    assert fit(no_position).residual == "car1"


def test_the_sentence_says_how_much_and_never_why(diary):
    rising = fit(arrange(diary(slope=1.0)))
    assert rising.sentence.startswith("On average, score rose by")
    level = fit(arrange(diary(slope=0.0, seed=3)))
    assert level.sentence.startswith("No clear average change of score")
    for text in (rising.sentence, level.sentence):
        assert "95 % interval" in text
        assert not any(word in text for word in ("because", "effect", "improve", "cause"))

"""Who stops answering, when, and what it could do to the trend.

- `answering`: the odds of answering a prompt over time and by what is known before it, by generalised
  estimating equations (logit, exchangeable, robust standard errors).
- `by_pattern`: pattern mixture (Hedeker and Gibbons 1997): a trend for each group of persons by how many
  prompts they answered, averaged with the groups' shares.
- `shifted`: delta adjustment: the trend if unanswered prompts had been lower or higher by delta than the
  model expects, by multiple imputation (Rubin's rules).

Nobody is left out for answering little.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import AnalysisError, NotEstimable
from analysis.mixed.design import design
from analysis.mixed.model import fit
from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.frames import Tidy
    from analysis.mixed.result import MixedResult
    from analysis.serial import Floats

NORMAL = float(special.ndtri(0.975))
PATTERNS = ("fewest", "middle", "most")


@dataclass(frozen=True)
class Odds:
    """An odds ratio per unit of a predictor with its robust 95 % interval."""

    name: str
    ratio: float
    low: float
    high: float
    p: float


@dataclass(frozen=True)
class Answering:
    """What goes with answering a prompt; `n` prompts of `n_persons`, `answered` of them answered."""

    odds: tuple[Odds, ...]
    n: int
    n_persons: int
    answered: int
    left_out: int
    sentence: str
    assumptions: tuple[str, ...] = (
        "the odds change by the same factor with each unit",
        "persons are independent of each other",
    )

    @property
    def table(self) -> pd.DataFrame:
        """One row per predictor."""
        return pd.DataFrame(list(self.odds))


@dataclass(frozen=True)
class Slope:
    """A trend with its 95 % interval, and what it is the trend of."""

    label: str
    slope: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class Sensitivity:
    """The trend as fitted, and under other assumptions about what is missing."""

    fitted: Slope
    others: tuple[Slope, ...]
    sentence: str
    assumptions: tuple[str, ...] = (
        "what is missing can't be known: these are other guesses, not the truth",
        "the model has time alone, without further terms",
    )

    @property
    def table(self) -> pd.DataFrame:
        """The trend as fitted, then each other one."""
        return pd.DataFrame([self.fitted, *self.others])


def answering(
    prompts: pd.DataFrame, *, person: str, time: str, answered: str, predictors: Sequence[str] = ()
) -> Answering:
    """`prompts` has a row per prompt; `answered` is true or 1; predictors are numbers known before it."""
    import statsmodels.api as sm

    names = [time, *predictors]
    absent = [column for column in (person, answered, *names) if column not in prompts.columns]
    if absent:
        raise AnalysisError(f"no column {', '.join(absent)}")
    rows = prompts.dropna(subset=[person, answered, *names]).sort_values([person, time], kind="stable")
    y = rows[answered].to_numpy(dtype=np.float64)
    X = rows[names].to_numpy(dtype=np.float64)
    if rows[person].nunique() < 5 or len(set(y)) < 2:
        raise NotEstimable("at least five persons, and both answered and unanswered prompts, are needed")
    flat = [name for name, spread in zip(names, X.std(axis=0), strict=True) if spread == 0]
    if flat:
        raise NotEstimable(f"{', '.join(flat)} doesn't vary")
    model = sm.GEE(
        y,
        sm.add_constant(X),
        groups=pd.factorize(rows[person])[0],
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Exchangeable(),
    )
    found = model.fit()
    spread = np.diag(found.cov_params())
    if not np.all(np.isfinite(spread) & (spread > 0)):
        raise NotEstimable("too few prompts to say what goes with answering")
    ends = found.params[:, None] + NORMAL * np.outer(found.bse, (0, -1, 1))
    odds = tuple(
        Odds(name, float(ratio), float(low), float(high), float(p))
        for name, (ratio, low, high), p in zip(names, np.exp(ends[1:]), found.pvalues[1:], strict=True)
    )
    over_time = odds[0]
    return Answering(
        odds=odds,
        n=len(rows),
        n_persons=int(rows[person].nunique()),
        answered=int(y.sum()),
        left_out=len(prompts) - len(rows),
        sentence=f"The odds of answering change by a factor of {number(over_time.ratio)} per unit of {time}"
        f" (95 % interval {number(over_time.low)} to {number(over_time.high)}).",
    )


def by_pattern(data: Tidy) -> Sensitivity:
    """Persons in thirds by how many answers they gave; each third its own level and slope."""
    if not len(data.rows):
        raise NotEstimable(f"there is no {data.score}")
    counts = np.bincount(data.unit)
    cuts = np.quantile(counts, [1 / 3, 2 / 3])
    pattern = np.array(PATTERNS)[np.searchsorted(cuts, counts, side="left")]
    if len(set(pattern)) < 2:
        raise NotEstimable("everybody answered about as often: there are no patterns to compare")
    shares = {name: float(np.mean(pattern == name)) for name in PATTERNS if name in set(pattern)}
    marked = replace(data, covariates=pd.DataFrame({"answers": pattern[data.unit]}))
    plain = fit(data)
    found = fit(marked, fixed=design(marked, ("answers",), ("time:answers",)))
    names = [effect.name for effect in found.fixed]
    weights = np.zeros(len(names))
    weights[names.index("time")] = 1.0
    others = []
    for name, share in shares.items():
        own = np.zeros(len(names))
        own[names.index("time")] = 1.0
        if f"time:answers[{name}]" in names:
            own[names.index(f"time:answers[{name}]")] = 1.0
            weights[names.index(f"time:answers[{name}]")] = share
        others.append(_contrast(found, own, f"third with the {name} answers"))
    average = _contrast(found, weights, "average over the thirds")
    fitted = _as_slope(plain)
    return Sensitivity(
        fitted,
        (*others, average),
        f"The trend of {data.score} is {number(fitted.slope)} per {data.time_unit} as fitted, and"
        f" {number(average.slope)} (95 % interval {number(average.low)} to {number(average.high)}) when persons"
        " who answered little and much may have different trends.",
    )


def shifted(
    data: Tidy, planned: pd.DataFrame, deltas: Sequence[float], rng: np.random.Generator, draws: int = 20
) -> Sensitivity:
    """`planned` has every prompt (person, time, position) of the persons in `data`, answered or not.

    Unanswered prompts are drawn from the fitted model given the person's answers, plus delta (in points of
    the score); the model is fitted again to each completed set. AR(1) over positions.
    """
    plain = fit(data, residual="ar1")
    missing = planned.merge(data.rows[["person", "position"]], how="left", indicator=True)
    missing = missing[(missing["_merge"] == "left_only") & missing["person"].isin(data.persons)]
    if not len(missing):
        raise NotEstimable("no prompt is unanswered")
    unanswered = _unanswered(data, plain, missing)
    others = []
    for delta in deltas:
        slopes = []
        for _ in range(draws):
            filled = _fill(data, plain, unanswered, rng)
            filled.loc[filled.index[len(data.rows) :], "score"] += delta
            filled = filled.sort_values(["person", "position"], kind="stable").reset_index(drop=True)
            completed = replace(data, rows=filled, covariates=filled[[]])
            slopes.append(_as_slope(fit(completed, residual="ar1")))
        others.append(_pooled(slopes, f"unanswered prompts {number(delta)} points from what is expected"))
    fitted = _as_slope(plain)
    low, high = min(s.slope for s in others), max(s.slope for s in others)
    return Sensitivity(
        fitted,
        tuple(others),
        f"The trend of {data.score} is {number(fitted.slope)} per {data.time_unit} as fitted; if unanswered"
        f" prompts differ from what is expected by {number(min(deltas))} to {number(max(deltas))} points, it"
        f" lies between {number(low)} and {number(high)}.",
    )


@dataclass(frozen=True)
class _Unanswered:
    """One person's unanswered prompts: their mean is X beta + gain (y - X_known beta), their spread root root'."""

    rows: pd.DataFrame  # person, time, position
    X: Floats
    y: Floats
    X_known: Floats
    gain: Floats
    root: Floats


def _unanswered(data: Tidy, model: MixedResult, missing: pd.DataFrame) -> list[_Unanswered]:
    """The unanswered prompts of everybody who has any, given her answers."""
    found = []
    prompts = dict(tuple(missing.groupby("person")))
    for person, rows in data.rows.groupby("person"):
        wanted = prompts.get(person)
        if wanted is None:
            continue
        time = np.r_[rows["time"].to_numpy(), wanted["time"].to_numpy()].astype(float)
        place = np.r_[rows["position"].to_numpy(), wanted["position"].to_numpy()].astype(float)
        X = np.column_stack([np.ones_like(time), time])
        V = X @ model.ranef_cov @ X.T
        V += model.sigma**2 * (model.phi or 0.0) ** np.abs(np.subtract.outer(place, place))
        known = len(rows)
        gain = np.linalg.solve(V[:known, :known], V[:known, known:]).T
        spread = V[known:, known:] - gain @ V[:known, known:]
        values, vectors = np.linalg.eigh((spread + spread.T) / 2)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        score = rows["score"].to_numpy(dtype=np.float64)
        found.append(_Unanswered(wanted[["person", "time", "position"]], X[known:], score, X[:known], gain, root))
    return found


def _fill(data: Tidy, model: MixedResult, unanswered: list[_Unanswered], rng: np.random.Generator) -> pd.DataFrame:
    """Answers, followed by one draw of every unanswered prompt."""
    beta = np.array([effect.estimate for effect in model.fixed])
    beta = rng.multivariate_normal(beta, model.vcov_fixed)
    drawn = [
        her.X @ beta + her.gain @ (her.y - her.X_known @ beta) + her.root @ rng.standard_normal(len(her.root))
        for her in unanswered
    ]
    filled = pd.concat([her.rows for her in unanswered], ignore_index=True).assign(score=np.concatenate(drawn))
    return pd.concat([data.rows, filled], ignore_index=True)


def _contrast(model: MixedResult, weights: Floats, label: str) -> Slope:
    slope = float(weights @ np.array([effect.estimate for effect in model.fixed]))
    se = float(np.sqrt(weights @ model.vcov_fixed @ weights))
    return Slope(label, slope, se, slope - NORMAL * se, slope + NORMAL * se)


def _as_slope(model: MixedResult) -> Slope:
    trend = model.trend
    return Slope("as fitted", trend.estimate, trend.se, trend.low, trend.high)


def _pooled(slopes: Sequence[Slope], label: str) -> Slope:
    """Rubin's (1987) rules, t interval."""
    values = np.array([s.slope for s in slopes])
    within = float(np.mean([s.se**2 for s in slopes]))
    between = float(values.var(ddof=1)) * (1 + 1 / len(values))
    se = float(np.sqrt(within + between))
    df = (len(values) - 1) * (1 + within / between) ** 2 if between > 0 else np.inf
    reach = float(special.stdtrit(min(df, 1e9), 0.975)) * se
    slope = float(values.mean())
    return Slope(label, slope, se, slope - reach, slope + reach)

"""Variances of persons, of groups within persons (days, occasions) and of what is left, by REML.

y = mean + person + group + rest, nothing else. With ratios l1, l2 of the first two variances to the last,
n rows and sum S in a group, the covariance of a group inverts by hand, 1'V^-1 1 = n / (1 + n l2), and that of
a person again, so that everything is sums over groups. Newton's method on ln l1, ln l2 with exact derivatives;
a variance that runs to zero is put there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from analysis.errors import NotEstimable
from analysis.jets import constant, exp, gradient, hessian, log, over, times, variable

if TYPE_CHECKING:
    from analysis.serial import Bools, Floats, Ints

STEPS = 100
NOTHING = -20.0  # ln of a ratio that is taken for zero
NORMAL = float(special.ndtri(0.975))


@dataclass(frozen=True)
class Share:
    """A share of the variance with its 95 % interval (Wald on the logit scale; None on a boundary)."""

    estimate: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Variances:
    """Variance components; `group` is None where no groups were given."""

    person: float
    group: float | None
    rest: float
    mean: float
    log_lik: float
    n: int
    n_persons: int
    person_share: Share
    group_share: Share | None


def variances(y: Floats, person: Ints, group: Ints | None = None) -> Variances:
    """Fit by REML. `person` 0..B-1; `group` any whole numbers that tell a person's groups apart."""
    n, n_persons = len(y), len(np.unique(person))
    if n_persons < 2 or n <= n_persons:
        raise NotEstimable("at least two persons, and some with several answers, are needed")
    if y.std() <= 1e-12 * max(1.0, float(np.abs(y).max())):
        raise NotEstimable("no variation")
    away = y - (np.bincount(person, y) / np.bincount(person))[person]
    if away.std() <= 1e-9 * y.std():
        raise NotEstimable("no variation within persons")
    sums = _Sums.over(y, person, group)
    if group is not None and sums.square - np.sum(sums.total**2 / sums.size) <= 1e-10 * sums.square:
        raise NotEstimable("no variation within the groups of a person (items or moments that are all alike)")
    active = np.array([True, group is not None])
    at = np.array([-0.5, -1.0 if group is not None else -np.inf])
    value = sums.criterion(at)
    for _ in range(STEPS):
        g, H = gradient(value)[active], hessian(value)[np.ix_(active, active)]
        if not len(g):
            break
        values, vectors = np.linalg.eigh(H)
        step = -vectors @ ((vectors.T @ g) / np.maximum(np.abs(values), 1e-8))
        expected = float(-g @ step)
        step *= min(1.0, 2.0 / float(np.max(np.abs(step))))
        for shrink in 0.5 ** np.arange(20):
            trial = at.copy()
            trial[active] += shrink * step
            found = sums.criterion(trial)
            if found[0] <= value[0]:
                at, value = trial, found
                break
        gone = active & (at < NOTHING)
        if gone.any():
            at[gone], active = -np.inf, active & ~gone
            value = sums.criterion(at)
        elif expected < 1e-12:
            break
    return _report(sums, at, active, value)


@dataclass(frozen=True)
class _Sums:
    middle: float  # of y before it was standardised
    spread: float
    grouped: bool
    n: int
    size: Floats  # (groups,) rows
    total: Floats  # (groups,) sum of y
    square: float
    person: Ints  # (groups,)

    @classmethod
    def over(cls, given: Floats, person: Ints, group: Ints | None) -> _Sums:
        middle, spread = float(given.mean()), float(given.std())
        y = (given - middle) / spread
        if group is None:
            cell = np.arange(len(y))
            owner = person
        else:
            keys, cell = np.unique(np.column_stack([person, group]), axis=0, return_inverse=True)
            owner = keys[:, 0]
        cell = cell.ravel()
        size = np.bincount(cell).astype(np.float64)
        total = np.bincount(cell, y).astype(np.float64)
        owner = np.unique(owner, return_inverse=True)[1]
        return cls(middle, spread, group is not None, len(y), size, total, float(y @ y), owner)

    def moments(self, at: Floats) -> tuple[Floats, Floats]:
        """Jets of ln|V| and of the 2 x 2 cross-products (y, 1)'V^-1(y, 1), at a rest of 1."""
        l1, l2 = (
            exp(variable(value, which)) if np.isfinite(value) else constant(0.0)
            for which, value in zip((1, 2), at, strict=True)
        )
        inflated = constant(np.ones_like(self.size)) + l2[:, None] * self.size
        shrink = over(inflated)
        h, s = shrink * self.size, shrink * self.total
        n_persons = int(self.person.max()) + 1
        H, S = (self._by_person(jet, n_persons) for jet in (h, s))
        grown = constant(np.ones(n_persons)) + times(l1[:, None], H)
        shrunk = over(grown)
        log_det = log(inflated).sum(axis=1) + log(grown).sum(axis=1)
        one = times(H, shrunk).sum(axis=1)
        mixed = times(S, shrunk).sum(axis=1)
        squares = constant(self.square) - times(l2, (s * self.total).sum(axis=1))
        squares = squares - times(l1, times(times(S, S), shrunk).sum(axis=1))
        return log_det, np.stack([squares, mixed, one], axis=1)

    def _by_person(self, jet: Floats, n_persons: int) -> Floats:
        return np.stack([np.bincount(self.person, part, n_persons) for part in jet]).astype(np.float64)

    def criterion(self, at: Floats) -> Floats:
        """-2 ln REML with mean and rest profiled out, as a jet."""
        log_det, products = self.moments(at)
        squares, mixed, one = products.T
        squares, mixed, one = (np.ascontiguousarray(part) for part in (squares, mixed, one))
        rss = squares - times(times(mixed, mixed), over(one))
        freedom = self.n - 1
        found = freedom * log(rss) + log_det + log(one)
        found[0] += freedom * (1 + np.log(2 * np.pi / freedom))
        return found


def _report(sums: _Sums, at: Floats, active: Bools, value: Floats) -> Variances:
    _, products = sums.moments(at)
    squares, mixed, one = map(float, products[0])
    rest = (squares - mixed**2 / one) / (sums.n - 1) * sums.spread**2
    ratio = np.exp(at)
    cov = np.zeros((2, 2))
    if active.any():
        where = np.ix_(active, active)
        cov[where] = 2 * np.linalg.inv(hessian(value)[where])
    shares = [_share(ratio, which, cov, known=bool(active[which])) for which in (0, 1)]
    return Variances(
        person=float(ratio[0] * rest),
        group=float(ratio[1] * rest) if sums.grouped else None,
        rest=float(rest),
        mean=float(sums.middle + sums.spread * mixed / one),
        log_lik=float(-value[0] / 2 - (sums.n - 1) * np.log(sums.spread)),
        n=sums.n,
        n_persons=int(sums.person.max()) + 1,
        person_share=shares[0],
        group_share=shares[1] if sums.grouped else None,
    )


def _share(ratio: Floats, which: int, cov: Floats, *, known: bool) -> Share:
    """Share of component `which`; its logit is ln(ratio) - ln(1 + the other ratio)."""
    other = 1 - which
    share = float(ratio[which] / (1 + ratio.sum()))
    if not known:
        return Share(share, 0.0, None)
    slope = np.zeros(2)
    slope[which], slope[other] = 1.0, -ratio[other] / (1 + ratio[other])
    variance = float(slope @ cov @ slope)
    if not variance > 0:  # too flat a likelihood to say how sure the share is
        return Share(share, None, None)
    reach = NORMAL * float(np.sqrt(variance))
    middle = special.logit(share)
    return Share(share, float(special.expit(middle - reach)), float(special.expit(middle + reach)))

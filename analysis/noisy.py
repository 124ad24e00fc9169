"""Autocorrelated residuals with measurement error: R = (1 - noise) phi^|gap| + noise I.

`noise` is the share of the residual variance that belongs to one answer alone, sigma the whole residual
standard deviation (as in nlme's corExp with a nugget). The inverse of R is no longer sparse, but the process
is a first-order state seen through noise, so a Kalman filter gives W'R^-1W and ln|R| in one pass over time,
for all persons at once (Harvey 1989, section 3.4): with innovations v_t of every column of W and their
variance F_t,

    W'R^-1W = sum of v_t v_t' / F_t,      ln|R| = sum of ln F_t.

Derivatives by (rho, noise) travel with every number as a jet (see `analysis.jets`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.jets import log, over, times, variable
from analysis.serial import Whitened, decay, spacing

if TYPE_CHECKING:
    from analysis.serial import Decay, Edge, Floats, Ints, Scale, Spacing


@dataclass(frozen=True)
class Noisy:
    """AR(1) or CAR(1) with measurement error: natural parameters (phi or rate, noise)."""

    steps: tuple[Floats, ...]  # of each step the rows of the persons still there, (B_t, m)
    gaps: tuple[Floats, ...]  # before each step but the first, (B_t,)
    person: Ints  # (B,) original place of each person; sorted by falling number of answers
    kind: Decay
    spacing: Spacing
    names: tuple[str, ...] = ("phi", "noise")
    scales: tuple[Scale, ...] = ("atanh", "logit")

    def starts(self) -> tuple[Floats, ...]:
        shares = np.log([0.3 / 0.7]), np.log([0.6 / 0.4])
        if self.kind == "ar1":
            phis: tuple[Floats, ...] = (np.arctanh([0.5]), np.arctanh([0.8]))
        else:
            typical = self.spacing.typical
            phis = (np.log([-np.log(0.5) / typical]), np.log([-np.log(0.8) / typical]))
        return tuple(np.r_[phi, share] for phi, share in zip(phis, shares, strict=True))

    def natural(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        noise = 1 / (1 + np.exp(-free[1]))
        spread = noise * (1 - noise)
        if self.kind == "car1":
            rate = np.exp(free[0])
            first, second = (rate, rate), (rate, rate)
        else:
            phi = np.tanh(free[0])
            first, second = (phi, 1 - phi**2), (phi, -2 * phi * (1 - phi**2))
        return (
            np.array([first[0], noise]),
            np.array([first[1], spread]),
            np.array([second[1], spread * (1 - 2 * noise)]),
        )

    def reported(self, natural: Floats) -> tuple[Floats, Floats]:
        if self.kind == "car1":
            phi = np.exp(-natural[0])
            return np.array([phi, natural[1]]), np.array([-phi, 1.0])
        return natural, np.ones(2)

    def edge(self, natural: Floats) -> Edge | None:
        rho, noise = natural
        typical = 1.0 if self.kind == "ar1" else self.spacing.typical
        r = abs(float(decay(self.kind, np.array([rho]), np.array([typical]))[0][0]))
        if noise < 1e-6:
            return "no noise"
        if noise > 1 - 1e-6 or r < 1e-9:
            return "no correlation"
        return "one" if r > 0.9999 else None

    def whiten(self, natural: Floats) -> Whitened:
        n_persons, m = self.steps[0].shape
        noise = variable(natural[1], 2)[:, None]
        signal = -noise
        signal[0] += 1
        cross = np.zeros((6, n_persons, m, m))
        log_det = np.zeros(6)
        mean = np.zeros((6, n_persons, m))  # of the state, predicted from the past, for every column
        variance = np.broadcast_to(signal, (6, n_persons))
        for t, rows in enumerate(self.steps):
            count = len(rows)
            mean, variance = mean[:, :count], variance[:, :count]
            if t:
                r, _, dr, d2r = decay(self.kind, np.asarray(natural[0]), self.gaps[t - 1])
                nothing = np.zeros_like(r)
                r = np.stack([r, dr, nothing, d2r, nothing, nothing])
                mean = times(r[:, :, None], mean)
                variance = signal + times(times(r, r), variance - signal)
            error = -mean
            error[0] += rows
            inverse = over(variance + noise)
            log_det += log(variance + noise).sum(axis=1)
            weighted = times(inverse[:, :, None], error)
            cross[:, :count] += times(weighted[..., :, None], error[..., None, :])
            mean = mean + times(variance[:, :, None], weighted)
            variance = variance - times(times(variance, variance), inverse)
        ordered = np.empty_like(cross)
        ordered[:, self.person] = cross
        return Whitened(
            ordered[0],
            ordered[1:3],
            ordered[[3, 4, 4, 5]].reshape(2, 2, *ordered.shape[1:]),
            float(log_det[0]),
            log_det[1:3],
            log_det[[3, 4, 4, 5]].reshape(2, 2),
        )


def noisy(unit: Ints, place: Floats, columns: Floats, kind: Decay, spaced: Spacing | None = None) -> Noisy:
    """Lay rows, sorted by unit and place, out by step: the first row of every person, the second, ..."""
    counts = np.bincount(unit)
    firsts = np.r_[0, np.cumsum(counts)[:-1]]
    person = np.argsort(-counts, kind="stable")
    steps, gaps = [], []
    for t in range(int(counts.max())):
        rows = (firsts + t)[person[counts[person] > t]]
        steps.append(columns[rows])
        if t:
            gaps.append(place[rows] - place[rows - 1])
    return Noisy(tuple(steps), tuple(gaps), person, kind, spaced or spacing(unit, place))

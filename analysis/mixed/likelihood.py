"""The likelihood of the linear mixed model, with exact first and second derivatives.

Model of person i: y = X beta + Z u + e, u ~ N(0, sigma^2 D), e ~ N(0, sigma^2 R(rho)); Z are the first q
columns of X (intercept, time). Given W'R^-1W of W = (y, X), everything is algebra on small matrices: with
S = Z'R^-1Z, B = Z'R^-1W, T = (I + S D)^-1 and b = T B = Z'V^-1W,

    ln|V| = ln|R| + ln|I + S D|,      W'V^-1W = W'R^-1W - B' D b.

Derivatives by the entries of D and by rho follow from dV^-1 = -V^-1 dV V^-1 (Lindstrom & Bates 1988 give
the same algebra for independent residuals). They are exact, so that Newton's method converges in a few
steps and the observed information needs no differencing.

Shapes: B persons, m = 1 + p columns of W, q random effects, t parameters (entries of D, then rho).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.serial import Floats, Whitened

DIRECTIONS = {  # how D moves with each of its free entries
    1: np.array([[[1.0]]]),
    2: np.array([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]]),
}


@dataclass(frozen=True)
class Jet:
    """Sums over persons with derivatives: ln|V| and W'V^-1W, at sigma = 1."""

    log_det: float
    d_log_det: Floats  # (t,)
    d2_log_det: Floats  # (t, t)
    cross: Floats  # (m, m)
    d_cross: Floats  # (t, m, m)
    d2_cross: Floats  # (t, t, m, m)


def add(jets: Sequence[Jet]) -> Jet:
    """The sums over the persons of several blocks."""
    return Jet(**{part.name: sum(getattr(jet, part.name) for jet in jets) for part in fields(Jet)})


@dataclass(frozen=True)
class Marginal:
    """Per person: b = Z'V^-1W (B, q, m) and K = Z'V^-1Z (B, q, q), at sigma = 1."""

    b: Floats
    K: Floats
    T: Floats


def marginal(cross: Floats, D: Floats) -> Marginal:
    """Integrate the random effects out of W'R^-1W (B, m, m)."""
    q = D.shape[0]
    S, B = cross[:, 1 : 1 + q, 1 : 1 + q], cross[:, 1 : 1 + q, :]
    M = np.eye(q) + S @ D
    if q == 1:
        T = 1 / M
    else:
        det = M[:, 0, 0] * M[:, 1, 1] - M[:, 0, 1] * M[:, 1, 0]
        T = np.empty_like(M)
        T[:, 0, 0], T[:, 1, 1] = M[:, 1, 1] / det, M[:, 0, 0] / det
        T[:, 0, 1], T[:, 1, 0] = -M[:, 0, 1] / det, -M[:, 1, 0] / det
    return Marginal(T @ B, T @ S, T)


def _stack(blocks: Floats) -> Floats:
    """(B, q, m) to (B * q, m): sums of products over persons become one matrix product."""
    return blocks.reshape(-1, blocks.shape[-1])


def expand(white: Whitened, D: Floats) -> Jet:
    """ln|V| and W'V^-1W summed over persons, with their derivatives by D's entries and by rho."""
    q, m, k = D.shape[0], white.cross.shape[-1], white.d_cross.shape[0]
    moves = DIRECTIONS[q]
    e = len(moves)
    t = e + k
    z = slice(1, 1 + q)
    person = marginal(white.cross, D)
    b, K, T = person.b, person.K, person.T
    Db = D @ b
    DT = D @ T

    log_det = white.log_det - float(np.sum(np.log(np.linalg.det(T))))
    cross = white.cross.sum(axis=0) - _stack(white.cross[:, z, :]).T @ _stack(Db)
    d_log, d2_log = np.zeros(t), np.zeros((t, t))
    d_cross, d2_cross = np.zeros((t, m, m)), np.zeros((t, t, m, m))

    lifted = [E @ b for E in moves]  # E b
    turned = [K @ E for E in moves]  # K E
    for i in range(e):
        d_log[i] = np.einsum("bii->", turned[i])
        d_cross[i] = -_stack(b).T @ _stack(lifted[i])
        for j in range(i, e):
            d2_log[i, j] = d2_log[j, i] = -np.einsum("bij,bji->", turned[i], turned[j])
            half = _stack(lifted[i]).T @ _stack(K @ lifted[j])
            d2_cross[i, j] = d2_cross[j, i] = half + half.T

    J = np.tile(np.eye(m), (len(b), 1, 1))
    J[:, z, :] -= Db
    moved = [dC @ J for dC in white.d_cross]  # dC J
    for i in range(k):
        c_i = moved[i][:, z, :]
        S_i = white.d_cross[i][:, z, z]
        d_log[e + i] = white.d_log_det[i] + np.einsum("bij,bji->", DT, S_i)
        d_cross[e + i] = np.einsum("bai,baj->ij", J, moved[i])
        T_c = T @ c_i
        for j in range(e):
            half = _stack(T_c).T @ _stack(lifted[j])
            d2_cross[e + i, j] = d2_cross[j, e + i] = -(half + half.T)
            d2_log[e + i, j] = d2_log[j, e + i] = np.einsum("bij,bji->", T @ S_i, np.swapaxes(T, 1, 2) @ moves[j])
        for j in range(i, k):
            second = white.d2_cross[i, j]
            half = _stack(c_i).T @ _stack(DT @ moved[j][:, z, :])
            value = np.einsum("bai,baj->ij", J, second @ J) - half - half.T
            d2_cross[e + i, e + j] = d2_cross[e + j, e + i] = value
            bend = np.einsum("bij,bji->", DT, second[:, z, z])
            bend -= np.einsum("bij,bji->", DT @ S_i, DT @ white.d_cross[j][:, z, z])
            d2_log[e + i, e + j] = d2_log[e + j, e + i] = white.d2_log_det[i, j] + bend
    return Jet(log_det, d_log, d2_log, cross, d_cross, d2_cross)


@dataclass(frozen=True)
class Criterion:
    """-2 log-likelihood with beta and sigma^2 profiled out, and what is needed to unprofile it."""

    value: float
    gradient: Floats  # (t,)
    hessian: Floats  # (t, t)
    beta: Floats  # (p,)
    sigma2: float
    xx_inverse: Floats  # (p, p): (X'V^-1X)^-1 at sigma = 1
    d_xx: Floats  # (t, p, p): derivative of X'V^-1X
    d_rss: Floats  # (t,)
    d2_rest: Floats  # (t, t): second derivative of ln|V| (+ ln|X'V^-1X|)
    d2_rss: Floats  # (t, t)
    freedom: int  # n - p for REML, n for ML


def criterion(jet: Jet, n: int, *, reml: bool) -> Criterion:
    """REML: (n-p)(1 + ln 2 pi sigma^2) + ln|V| + ln|X'V^-1X|; ML: n(1 + ln 2 pi sigma^2) + ln|V|."""
    p = len(jet.cross) - 1
    freedom = n - p if reml else n
    xx = jet.cross[1:, 1:]
    xx_inverse = np.linalg.inv(xx).astype(np.float64)
    beta = xx_inverse @ jet.cross[1:, 0]
    g = np.r_[1.0, -beta]
    rss = float(g @ jet.cross @ g)
    pull = jet.d_cross @ g  # (t, m)
    d_rss = pull @ g
    d2_rss = np.einsum("i,abij,j->ab", g, jet.d2_cross, g) - 2 * pull[:, 1:] @ xx_inverse @ pull[:, 1:].T
    rest, d_rest, d2_rest = jet.log_det, jet.d_log_det, jet.d2_log_det
    d_xx = jet.d_cross[:, 1:, 1:]
    if reml:
        rest = rest + float(np.linalg.slogdet(xx)[1])
        spin = xx_inverse @ d_xx
        d_rest = d_rest + np.einsum("aii->a", spin)
        d2_rest = (
            d2_rest
            + np.einsum("ij,abji->ab", xx_inverse, jet.d2_cross[:, :, 1:, 1:])
            - np.einsum("aij,bji->ab", spin, spin)
        )
    sigma2 = rss / freedom
    return Criterion(
        value=freedom * (1 + np.log(2 * np.pi * sigma2)) + rest,
        gradient=d_rss / sigma2 + d_rest,
        hessian=d2_rss / sigma2 - np.outer(d_rss, d_rss) / (freedom * sigma2**2) + d2_rest,
        beta=beta,
        sigma2=sigma2,
        xx_inverse=xx_inverse,
        d_xx=d_xx,
        d_rss=d_rss,
        d2_rest=d2_rest,
        d2_rss=d2_rss,
        freedom=freedom,
    )

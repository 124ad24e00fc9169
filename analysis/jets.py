"""Numbers that carry their derivatives by two parameters.

A jet is an array whose first axis holds six things: the value, the first derivatives by parameter 1 and 2,
and the second derivatives 11, 12, 22. Sums of jets are sums of arrays; products and functions are below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from analysis.serial import Floats

FIRST, SECOND = (1, 2), {(1, 1): 3, (1, 2): 4, (2, 2): 5}


def constant(value: Floats | float) -> Floats:
    """A jet that depends on neither parameter."""
    value = np.asarray(value, dtype=np.float64)
    out = np.zeros((6, *value.shape))
    out[0] = value
    return out


def variable(value: float, which: int) -> Floats:
    """Parameter 1 or 2 itself."""
    out = np.zeros(6)
    out[0], out[which] = value, 1.0
    return out


def times(a: Floats, b: Floats) -> Floats:
    """The product."""
    out = np.empty(np.broadcast_shapes(a.shape, b.shape))
    out[0] = a[0] * b[0]
    for i in FIRST:
        out[i] = a[0] * b[i] + a[i] * b[0]
    for (i, j), k in SECOND.items():
        out[k] = a[0] * b[k] + a[k] * b[0] + a[i] * b[j] + a[j] * b[i]
    return out


def through(a: Floats, value: Floats, slope: Floats, bend: Floats) -> Floats:
    """A function of a jet, given the function's value and first two derivatives there."""
    out = np.empty_like(a)
    out[0] = value
    for i in FIRST:
        out[i] = slope * a[i]
    for (i, j), k in SECOND.items():
        out[k] = slope * a[k] + bend * a[i] * a[j]
    return out


def over(a: Floats) -> Floats:
    """1 / a."""
    return through(a, 1 / a[0], -1 / a[0] ** 2, 2 / a[0] ** 3)


def log(a: Floats) -> Floats:
    """Ln a."""
    return through(a, np.log(a[0]), 1 / a[0], -1 / a[0] ** 2)


def exp(a: Floats) -> Floats:
    """E to the a."""
    value = np.exp(a[0])
    return through(a, value, value, value)


def gradient(a: Floats) -> Floats:
    """The two first derivatives of a single number."""
    return a[1:3]


def hessian(a: Floats) -> Floats:
    """The second derivatives of a single number, (2, 2)."""
    return a[[3, 4, 4, 5]].reshape(2, 2)

"""The residual structure of many persons, laid out and evaluated in blocks of whole persons.

Persons are independent of one another, so the likelihood and its derivatives are sums over blocks. A block's
columns are standardised only when it is laid out, and an evaluation holds the matrices of one block at a time:
memory doesn't grow with what is computed, only with the sums that are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.mixed.likelihood import add, expand
from analysis.parallel import each
from analysis.serial import Whitened

if TYPE_CHECKING:
    from analysis.mixed.likelihood import Jet
    from analysis.parallel import Parallel
    from analysis.serial import Edge, Floats, Residual, Scale


@dataclass(frozen=True)
class Parts:
    """A residual structure in parts, one for each block of persons, in order."""

    parts: tuple[Residual, ...]
    parallel: Parallel | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return self.parts[0].names

    @property
    def scales(self) -> tuple[Scale, ...]:
        return self.parts[0].scales

    def starts(self) -> tuple[Floats, ...]:
        return self.parts[0].starts()

    def natural(self, free: Floats) -> tuple[Floats, Floats, Floats]:
        return self.parts[0].natural(free)

    def reported(self, natural: Floats) -> tuple[Floats, Floats]:
        return self.parts[0].reported(natural)

    def edge(self, natural: Floats) -> Edge | None:
        return self.parts[0].edge(natural)

    def whiten(self, natural: Floats) -> Whitened:
        """Of all persons at once; a likelihood is evaluated by `jet`."""
        white = [part.whiten(natural) for part in self.parts]
        return Whitened(
            np.concatenate([one.cross for one in white]),
            np.concatenate([one.d_cross for one in white], axis=1),
            np.concatenate([one.d2_cross for one in white], axis=2),
            sum(one.log_det for one in white),
            np.sum([one.d_log_det for one in white], axis=0),
            np.sum([one.d2_log_det for one in white], axis=0),
        )


def jet(residual: Residual, rho: Floats, D: Floats) -> Jet:
    """ln|V| and W'V^-1W with derivatives, summed over all persons, block by block where there are blocks."""
    if isinstance(residual, Parts):
        return add(each(_jet, ((part, rho, D) for part in residual.parts), residual.parallel))
    return _jet(residual, rho, D)


def _jet(part: Residual, rho: Floats, D: Floats) -> Jet:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return expand(part.whiten(rho), D)

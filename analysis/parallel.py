"""Work on many persons in parts: here one after another, or through joblib wherever its backend sends it.

The parts are the same and are put together in the same order either way, so the numbers are the same. Nothing of
joblib or Dask is imported where no cluster is asked for.
"""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise, starmap
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from analysis.serial import Ints

Found = TypeVar("Found")
PERSONS_AT_ONCE = 1_000  # their sums fit in a processor's cache
SECONDS_TO_ANSWER = 10


class Parallel(Protocol):
    """A `joblib.Parallel`, with whatever backend it was made."""

    def __call__(self, tasks: Iterable[Any]) -> list[Any]: ...


def each(
    function: Callable[..., Found], parts: Iterable[tuple[Any, ...]], parallel: Parallel | None = None
) -> list[Found]:
    """What the function makes of each part, in order; parts are made only when their turn comes."""
    if parallel is None:
        return list(starmap(function, parts))
    from joblib import delayed

    return list(parallel(delayed(function)(*part) for part in parts))


def blocks(unit: Ints) -> list[slice]:
    """Rows of at most PERSONS_AT_ONCE whole persons each; `unit` (N,) numbers the persons, ascending from 0."""
    if not len(unit):
        return []
    edges = np.searchsorted(unit, np.arange(0, int(unit[-1]) + 1 + PERSONS_AT_ONCE, PERSONS_AT_ONCE)).tolist()
    return [slice(first, after) for first, after in pairwise(edges) if after > first]


@contextmanager
def cluster(url: str) -> Iterator[Parallel]:
    """Work by joblib on the Dask cluster whose scheduler is at `url` (tcp://host:8786)."""
    try:
        from distributed import Client
    except ImportError:
        raise AnalysisError("a cluster needs the package distributed: pip install distributed") from None
    import joblib

    try:
        client: Any = Client(url, timeout=SECONDS_TO_ANSWER, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError):
        raise AnalysisError(f"no Dask scheduler answers at {url}") from None
    with client:
        if not client.ncores():
            raise AnalysisError(f"the cluster at {url} has no workers")
        try:
            client.run(_ready)
        except ModuleNotFoundError as absent:
            raise AnalysisError(f"the workers at {url} lack {absent.name}: install this software there too") from None
        with joblib.parallel_config(backend="dask", client=client):
            yield joblib.Parallel(n_jobs=-1, batch_size=1)


def _ready() -> bool:
    """Runs on every worker: it could be loaded there."""
    return True

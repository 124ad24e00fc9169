"""Work that many ask for at once, done in batches: while one is at work, the next gathers.

So whatever a batch does once, such as a statement or a commit, it does once for all in it; and who comes alone does not
wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger()
T = TypeVar("T")
R = TypeVar("R")

MOST = 64
"""Of one batch. It is over in a moment, and who comes meanwhile waits as long."""
LINGER = 0.004
"""Seconds between two batches of several. Without it, one alone often goes before all those who are just coming."""


class Gathering(Generic[T, R]):
    """Call it with one piece of work, and wait for its result. For one event loop.

    `together` does a batch, in a thread, and says of each how it ended. If it raises, nothing is done, and each piece
    is done `alone`; an error is raised to whoever asked. But what is one of `everybodys` concerns all. `about` names
    what a piece is about: of one there is only one piece in a batch.
    """

    def __init__(
        self,
        alone: Callable[[T], R],
        together: Callable[[Sequence[T]], Sequence[R | Exception]],
        *,
        about: Callable[[T], Hashable],
        everybodys: type[Exception],
    ) -> None:
        self._alone = alone
        self._together = together
        self._about = about
        self._everybodys = everybodys
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._at_work: asyncio.Task[None] | None = None

    async def __call__(self, one: T) -> R:
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._at_work is None or self._at_work.done():
            self._at_work = asyncio.create_task(self._work())
        return await future

    async def _work(self) -> None:
        while self._waiting:
            batch = self._next()
            results = await asyncio.to_thread(self._done, [one for one, _ in batch])
            for (_, future), result in zip(batch, results, strict=True):
                _settle(future, result)
            if len(batch) > 1:
                await asyncio.sleep(LINGER)

    def _done(self, batch: Sequence[T]) -> Sequence[R | Exception]:
        if len(batch) > 1:
            try:
                return self._together(batch)
            except self._everybodys as error:
                return [error] * len(batch)
            except Exception as error:  # noqa: BLE001 - whose it is shows when each is done alone
                log.warning("batch.apart", kind=type(error).__name__)
        return [self._ended(one) for one in batch]

    def _ended(self, one: T) -> R | Exception:
        try:
            return self._alone(one)
        except Exception as error:  # noqa: BLE001 - raised to whoever asked
            return error

    def _next(self) -> list[tuple[T, asyncio.Future[R]]]:
        """Whoever has waited longest, and none twice."""
        batch: dict[Hashable, tuple[T, asyncio.Future[R]]] = {}
        left: deque[tuple[T, asyncio.Future[R]]] = deque()
        for each in self._waiting:
            about = self._about(each[0])
            if len(batch) < MOST and about not in batch:
                batch[about] = each
            else:
                left.append(each)
        self._waiting = left
        return list(batch.values())


def _settle(future: asyncio.Future[R], result: R | Exception) -> None:
    if future.done():  # who asked has gone
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)

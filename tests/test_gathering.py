"""Work in batches: while one is at work the next gathers, and nobody pays for what is somebody else's fault."""

import asyncio
import threading

import pytest

from ema.gathering import MOST, Gathering

pytestmark = pytest.mark.anyio


class Away(Exception):
    """What concerns everybody."""


class Work:
    """Doubles numbers. `bad` ones fail; `gate` holds a batch up until it is opened."""

    def __init__(self, *bad, error=ZeroDivisionError):
        self.batches, self.alone, self.bad, self.error = [], [], bad, error
        self.gate, self.begun = threading.Event(), threading.Event()
        self.gate.set()

    def one(self, number):
        self.alone.append(number)
        return self._doubled([number])[0]

    def many(self, numbers):
        self.batches.append(list(numbers))
        return self._doubled(numbers)

    def _doubled(self, numbers):
        self.begun.set()
        assert self.gate.wait(10)
        if set(self.bad) & set(numbers):
            raise self.error
        return [2 * number for number in numbers]

    def gathering(self, about=lambda number: number):
        return Gathering(self.one, self.many, about=about, everybodys=Away)


async def held_up(work, gathering, first):
    """The first piece is at work; whatever is asked for from now on waits."""
    work.gate.clear()
    asked = asyncio.create_task(gathering(first))
    await asyncio.to_thread(work.begun.wait)
    return asked


async def test_who_comes_alone_is_served_at_once():
    work = Work()
    assert await work.gathering()(3) == 6
    assert (work.alone, work.batches) == ([3], [])


async def test_those_who_come_meanwhile_are_a_batch_and_each_gets_her_own_result():
    work = Work()
    gathering = work.gathering()
    first = await held_up(work, gathering, 0)
    rest = [asyncio.create_task(gathering(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    work.gate.set()
    assert await asyncio.gather(first, *rest) == [0, 2, 4, 6]
    assert (work.alone, work.batches) == ([0], [[1, 2, 3]])


async def test_of_one_thing_there_is_one_piece_in_a_batch_and_they_keep_their_order():
    work = Work()
    gathering = work.gathering(about=lambda number: number % 10)
    first = await held_up(work, gathering, 0)
    rest = [asyncio.create_task(gathering(number)) for number in (11, 1, 2, 21)]
    await asyncio.sleep(0)
    work.gate.set()
    await asyncio.gather(first, *rest)
    assert (work.batches, work.alone) == ([[11, 2]], [0, 1, 21])


async def test_a_batch_has_an_end():
    work = Work()
    gathering = work.gathering()
    first = await held_up(work, gathering, 0)
    rest = [asyncio.create_task(gathering(number)) for number in range(1, MOST + 3)]
    await asyncio.sleep(0)
    work.gate.set()
    await asyncio.gather(first, *rest)
    assert [len(batch) for batch in work.batches] == [MOST, 2]


async def test_what_fails_in_a_batch_fails_alone():
    work = Work(2)
    gathering = work.gathering()
    first = await held_up(work, gathering, 0)
    rest = [asyncio.create_task(gathering(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    work.gate.set()
    ended = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [ended[0], ended[1], ended[3]] == [0, 2, 6]
    assert isinstance(ended[2], ZeroDivisionError)
    assert work.alone == [0, 1, 2, 3]


async def test_what_concerns_everybody_is_not_tried_for_each():
    work = Work(2, error=Away)
    gathering = work.gathering()
    first = await held_up(work, gathering, 0)
    rest = [asyncio.create_task(gathering(number)) for number in (1, 2, 3)]
    await asyncio.sleep(0)
    work.gate.set()
    ended = await asyncio.gather(first, *rest, return_exceptions=True)
    assert [type(one) for one in ended[1:]] == [Away] * 3
    assert work.alone == [0]


async def test_who_has_gone_holds_nobody_up():
    work = Work()
    gathering = work.gathering()
    first = await held_up(work, gathering, 0)
    gone, stays = asyncio.create_task(gathering(1)), asyncio.create_task(gathering(2))
    await asyncio.sleep(0)
    gone.cancel()
    work.gate.set()
    assert await asyncio.gather(first, stays) == [0, 4]
    assert await gathering(5) == 10

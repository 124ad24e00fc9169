"""Which bot each new invitation leads to, where several bots serve one installation."""

from __future__ import annotations

from collections.abc import Mapping


def spread(number: int, taken: Mapping[int, int]) -> list[int]:
    """Each of `number` to the bot that has the fewest, of several the one with the lowest number.

    `taken`: bot → how many it has. What is uneven becomes even by this, and stays so.
    """
    counts, chosen = dict(taken), []
    for _ in range(number):
        bot = min(counts, key=lambda each: (counts[each], each))
        counts[bot] += 1
        chosen.append(bot)
    return chosen

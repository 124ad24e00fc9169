"""Which arm a participant comes into: by chance, and foretold by nobody who has only the study file.

The chance comes from the study's seed, which the installation draws and keeps. The sizes of blocks come from it too, so
that the end of a block can't be told by counting. The same seed, stratum and number always give the same arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import count
from random import Random
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ema.domain.phases import Id
from ema.domain.rest import empty

Characteristic = Literal["language", "timezone", "hours"]
"""What is known of everybody at the moment of joining. `hours` is the preset that she chose, or `own`."""

MOST = 1000
"""People in one block."""


class Allocation(BaseModel):
    """Arms with their weights: `{control: 1, messages: 2}` gives two of three the messages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["simple", "block", "stratified"]
    """`simple`: a draw for each person. `block`: balanced within each block. `stratified`: blocks in each stratum."""
    arms: dict[Id, Annotated[int, Field(ge=1, le=100)]] = Field(min_length=2)
    block_sizes: tuple[int, ...] = Field(default=(), exclude_if=empty)
    """How many people a block may have; which of these comes next is drawn."""
    stratify_by: tuple[Characteristic, ...] = Field(default=(), exclude_if=empty)

    @field_validator("block_sizes")
    @classmethod
    def _whole_blocks(cls, sizes: tuple[int, ...], info: ValidationInfo) -> tuple[int, ...]:
        whole = sum(info.data.get("arms", {}).values())
        for size in sizes:
            if whole and (size < whole or size % whole or size > MOST):
                raise ValueError(
                    f"a block of {size} doesn't divide by the arms' weights; {whole}, {2 * whole} or {3 * whole} do"
                )
        return sizes

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.method == "simple" and self.block_sizes:
            raise ValueError("method: simple has no blocks; take block_sizes out, or write method: block")
        if self.method != "simple" and not self.block_sizes:
            whole = sum(self.arms.values())
            raise ValueError(f"method: {self.method} needs block_sizes, such as [{whole}, {2 * whole}]")
        if (self.method == "stratified") != bool(self.stratify_by):
            raise ValueError("method: stratified and stratify_by belong together; write both, or neither")
        if len(set(self.stratify_by)) < len(self.stratify_by):
            raise ValueError("stratify_by names something twice; name each once")
        return self


def stratum(allocation: Allocation, known: Mapping[Characteristic, str]) -> str:
    """The stratum of somebody of whom this is known; people of one stratum are numbered together."""
    return "|".join(f"{name}={known[name]}" for name in allocation.stratify_by)


def allocate(allocation: Allocation, seed: str, stratum: str, number: int) -> str:
    """The arm of the `number`-th person (from 1) of this stratum. `seed` is the study's, which nobody else knows."""
    if allocation.method == "simple":
        arms = list(allocation.arms)
        return _chance(seed, stratum, f"person {number}").choices(arms, list(allocation.arms.values()))[0]
    before = 0
    for block in _blocks(allocation, seed, stratum):
        if number <= before + len(block):
            return block[number - before - 1]
        before += len(block)
    raise AssertionError("there is always another block")


def _blocks(allocation: Allocation, seed: str, stratum: str) -> Iterator[list[str]]:
    whole = sum(allocation.arms.values())
    for number in count(1):
        rng = _chance(seed, stratum, f"block {number}")
        times = rng.choice(allocation.block_sizes) // whole
        block = [arm for arm, weight in allocation.arms.items() for _ in range(weight * times)]
        rng.shuffle(block)
        yield block


def _chance(seed: str, stratum: str, what: str) -> Random:
    digest = sha256(f"allocation|{seed}|{stratum}|{what}".encode()).digest()
    return Random(int.from_bytes(digest))  # noqa: S311 - drawn from all 256 bits of a digest over a secret seed

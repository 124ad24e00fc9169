"""What a check-in earns, by the study's file. Pure. Amounts are whole pence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ema.domain.protocol import Protocol


@dataclass(frozen=True)
class Given:
    """A voucher that she has. `code` as it stood in the list."""

    pence: int
    on: date
    code: str


def paid_schedules(protocol: Protocol) -> frozenset[str]:
    """The schedules whose check-ins are paid."""
    payment = protocol.opening.payment
    if payment is None or not protocol.pays:
        return frozenset()
    return frozenset(payment.schedules or (each.id for each in protocol.schedules if each.counts))


def earns(protocol: Protocol, schedule: str, today: int, in_all: int) -> int:
    """What one more check-in of this schedule earns, after so many pence on its day and in all. Never below nought."""
    payment = protocol.opening.payment
    if payment is None or schedule not in paid_schedules(protocol):
        return 0
    rooms = [payment.per_prompt_pence]
    if payment.most_a_day_pence is not None:
        rooms.append(payment.most_a_day_pence - today)
    if payment.most_in_all_pence is not None:
        rooms.append(payment.most_in_all_pence - in_all)
    return max(min(rooms), 0)


def pounds(pence: int) -> str:
    """As people write it: £4.50."""
    return f"{'−' if pence < 0 else ''}£{abs(pence) // 100}.{abs(pence) % 100:02d}"

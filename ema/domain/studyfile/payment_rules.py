"""What a study file may say of payment, beyond the shape of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ema.domain.payment import pounds
from ema.domain.studyfile.near import unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ema.domain.errors import Finding
    from ema.domain.protocol import Payment, Protocol
    from ema.domain.studyfile.marked import Marked, Place

_HERE: Final[Place] = ("opening", "payment")


def study(marked: Marked, protocol: Protocol) -> Iterator[Finding]:
    payment = protocol.opening.payment
    if payment is None:
        return
    yield from _schedules(marked, protocol, payment)
    for name in ("schedules", "most_a_day_pence", "most_in_all_pence"):
        if not payment.per_prompt_pence and getattr(payment, name):
            yield marked.finding(
                (*_HERE, name),
                "says how something is paid, but per_prompt_pence is 0; write what a check-in earns, or take this out",
            )
    if payment.per_prompt_pence:
        yield from _caps(marked, payment)


def _schedules(marked: Marked, protocol: Protocol, payment: Payment) -> Iterator[Finding]:
    known = [each.id for each in protocol.schedules]
    for at, name in enumerate(payment.schedules):
        if name not in known:
            yield marked.finding((*_HERE, "schedules", at), unknown(name, "schedule", known))
        elif name in payment.schedules[:at]:
            yield marked.finding((*_HERE, "schedules", at), f"{name} is listed twice; remove one")
    if payment.per_prompt_pence and not payment.schedules and not any(each.counts for each in protocol.schedules):
        yield marked.finding(
            _HERE, f"pays for no schedule, as none counts; list those that are paid, such as schedules: [{known[0]}]"
        )


def _caps(marked: Marked, payment: Payment) -> Iterator[Finding]:
    """A cap below what it caps would pay less than what was said."""
    one, a_day, in_all = payment.per_prompt_pence, payment.most_a_day_pence, payment.most_in_all_pence
    if a_day is not None and a_day < one:
        yield marked.finding(
            (*_HERE, "most_a_day_pence"),
            f"is less than one check-in earns ({pounds(one)}); write {one} or more, or take it out",
        )
    least = max(one, a_day or 0)
    if in_all is not None and in_all < least:
        what = "a day may earn" if a_day and a_day > one else "one check-in earns"
        yield marked.finding(
            (*_HERE, "most_in_all_pence"),
            f"is less than {what} ({pounds(least)}); write {least} or more, or take it out",
        )

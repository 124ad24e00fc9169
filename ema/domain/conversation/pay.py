"""What she has earned, and the vouchers that she was given. Hers to see at any time; never in a notification."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from ema.domain.conversation.effects import Reckon, Show
from ema.domain.conversation.place import Place, Step, carry_on, choose, go, show
from ema.domain.conversation.state import Situation, State
from ema.domain.payment import Given, pounds
from ema.domain.screen import Button, Say, Screen, Words

LOOK = "look"
AT_ONCE = 6
"""Vouchers on one screen."""


@dataclass(frozen=True)
class Account:
    """What stands for her in the ledger, in pence."""

    earned: int = 0
    """With what was put right."""
    given: int = 0
    vouchers: tuple[Given, ...] = ()
    """The newest first."""

    @property
    def left(self) -> int:
        return self.earned - self.given


_ACCOUNT: TypeAdapter[Account] = TypeAdapter(Account)


def kept(state: State, account: Account) -> State:
    """It stays in her state, which is sealed, since a screen is rendered from nothing else."""
    return state.noting(paid=_ACCOUNT.dump_json(account).decode())


def account_in(state: State) -> Account:
    stored = state.draft.get("paid")
    return _ACCOUNT.validate_json(stored) if stored else Account()


def button(situation: Situation) -> tuple[tuple[Button, ...], ...]:
    """A row of the menu, where the study pays."""
    return ((choose("button.paid", "paid", LOOK),),) if situation.protocol.pays else ()


def _paid(state: State, situation: Situation) -> Screen:
    account, payment = account_in(state), situation.protocol.opening.payment
    if not situation.protocol.pays and account == Account():
        return Screen((Words("paid.none"),), ((go("button.carry_on", "carry_on"),),))
    said: list[Say] = [Words("paid.words", _sums(account))]
    if payment is not None:
        said.append(payment.words)
    said.append(Words("paid.stays"))
    rows: list[tuple[Button, ...]] = []
    if account.left > 0:
        rows.append((choose("paid.ask", "paid", "ask"),))
    if account.vouchers:
        rows.append((choose("paid.mine", "paid.vouchers", LOOK),))
    return Screen(tuple(said), (*rows, (go("button.carry_on", "carry_on"),)))


def _sums(account: Account) -> dict[str, str]:
    return {"earned": pounds(account.earned), "given": pounds(account.given), "left": pounds(account.left)}


def _choose(state: State, value: str, _situation: Situation) -> Step:
    return state.go("paid.vouchers" if value == "ask" else "paid"), (Reckon(ask=value == "ask"), Show())


def _vouchers(state: State, _situation: Situation) -> Screen:
    account = account_in(state)
    said: list[Say] = [
        Words("paid.voucher", {"worth": pounds(one.pence), "on": one.on, "code": one.code})
        for one in account.vouchers[:AT_ONCE]
    ]
    rows = ((choose("button.back", "paid", LOOK), go("button.carry_on", "carry_on")),)
    return Screen((*(said or [Words("paid.no_vouchers")]),), rows)


def _look(state: State, _value: str, _situation: Situation) -> Step:
    return state.go("paid.vouchers"), (Reckon(), Show())


def before_erasing(state: State) -> Step:
    """She is told what she would lose by it."""
    return state.go("erase"), (Reckon(), Show())


def lost(state: State) -> tuple[tuple[Say, ...], tuple[tuple[Button, ...], ...]]:
    """What the screen before erasing adds: words, and the way to get it first."""
    left = account_in(state).left
    if left <= 0:
        return (), ()
    return (Words("paid.lost", {"left": pounds(left)}),), ((choose("button.paid", "paid", LOOK),),)


def looked(state: State, situation: Situation) -> Step:
    """The command, from anywhere."""
    if situation.standing not in PLACES["paid"].standings:
        return show(carry_on(state, situation))
    return _choose(state, LOOK, situation)


PLACES = {
    "paid": Place(_paid, choose=_choose, standings=("active", "quiet", "stopped")),
    "paid.vouchers": Place(_vouchers, choose=_look, standings=("active", "quiet", "stopped")),
}

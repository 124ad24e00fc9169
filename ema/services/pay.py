"""What she earns and what she has been given, in her own transaction. What staff do is `ema.services.payments`."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from ema.domain.conversation import State
from ema.domain.conversation.pay import Account, kept
from ema.domain.payment import earns
from ema.services.situation import Person, protocol_of
from ema.store import ledger, participants
from ema.store.tables import Prompt
from ema.store.vault import PersonKey


def earn(session: Session, who: Person, prompt: Prompt) -> None:
    """She started this check-in, or skipped it: it earns once, by the version under which it was planned."""
    protocol = protocol_of(session, who, prompt)
    if not protocol.pays:
        return
    participant_id = who.participant.id
    today = ledger.earned(session, participant_id, who.study_id, prompt.local_date)
    pence = earns(protocol, prompt.schedule, today, ledger.earned(session, participant_id, who.study_id))
    if pence:
        ledger.add(
            session,
            study_id=who.study_id,
            participant_id=participant_id,
            kind="earned",
            pence=pence,
            about=f"prompt:{prompt.id}",
            how="",
            on=prompt.local_date,
        )


def left(session: Session, participant_id: str, study_id: str) -> int:
    """What she is still to get, in pence."""
    return sum(entry.pence for entry in ledger.entries_of(session, participant_id, study_id))


def account(session: Session, key: PersonKey, study_id: str) -> Account:
    entries = ledger.entries_of(session, key.participant_id, study_id)
    given = -sum(entry.pence for entry in entries if entry.kind == "given")
    return Account(sum(entry.pence for entry in entries) + given, given, tuple(ledger.vouchers_of(session, key)))


def take(session: Session, key: PersonKey, study_id: str, now: datetime, staff_id: int | None = None) -> int | None:
    """Give her the dearest free voucher that is worth no more than what she is to get. None: there is none."""
    participants.get(session, key.participant_id, lock=True)  # who asks and who gives at once must not both count on it
    today = now.date()
    voucher = ledger.take(session, key, study_id, left(session, key.participant_id, study_id), today)
    if voucher is None:
        return None
    ledger.add(
        session,
        study_id=study_id,
        participant_id=key.participant_id,
        kind="given",
        pence=-voucher.pence,
        about=f"voucher:{voucher.id}",
        how="voucher",
        on=today,
        staff_id=staff_id,
    )
    return voucher.pence


def reckoned(session: Session, key: PersonKey, who: Person, state: State, now: datetime, *, ask: bool) -> State:
    """Her state with her account in it, for the screen to show; where she asks, a voucher comes first."""
    if ask:
        got = take(session, key, who.study_id, now)
        state = state.go(state.place, "paid.got" if got else "paid.none_fits")
    return kept(state, account(session, key, who.study_id))

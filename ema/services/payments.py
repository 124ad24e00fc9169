"""What staff do with what is paid: vouchers onto the list, given by hand, put right, and the books. By pseudonym."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from ema.domain.errors import EmaError
from ema.domain.payment import pounds
from ema.services import pay
from ema.services.installation import Installation
from ema.services.signin import Signed
from ema.store import audit, ledger, participants, studies, views
from ema.store.tables import LedgerEntry

BY_HAND: Final = {"cash": "Cash", "paper_voucher": "A voucher on paper", "transfer": "A transfer", "other": "Otherwise"}
WHY: Final = {"counted_twice": "Counted twice", "not_counted": "Not counted", "our_mistake": "Another mistake of ours"}
MOST_CODES: Final = 5000
LONGEST_CODE: Final = 200
_AMOUNT: Final = re.compile(r"£?\s*(\d{1,4})(?:[.,](\d{1,2}))?")


class CannotPay(EmaError):
    """What was asked does not fit the ledger. The message says why."""

    status = 422


@dataclass(frozen=True)
class Person:
    """One person's sums, in pence."""

    participant: str
    earned: int
    corrected: int
    given: int

    @property
    def left(self) -> int:
        return self.earned + self.corrected - self.given


@dataclass(frozen=True)
class Whose:
    """One person in one study, and who is at work on what she is paid."""

    study_id: str
    participant: str
    me: Signed


@dataclass(frozen=True)
class Stock:
    pence: int
    free: int
    given: int


@dataclass(frozen=True)
class Books:
    """A study's payments as staff see them."""

    study_id: str
    title: str
    people: tuple[Person, ...]
    stock: tuple[Stock, ...]
    given: int
    """All that was given out, to people who were erased too."""
    pays: bool


def paying(here: Installation) -> list[tuple[str, str, bool]]:
    """Every study: its id, its title, and whether it pays."""
    with here.database.reading() as session:
        return [(one.id, one.title, studies.protocol(session, one.id).pays) for one in studies.everything(session)]


def books(here: Installation, study_id: str, me: Signed) -> Books:
    """Reading it is noted in the audit. Raises NoSuchStudy."""
    with here.database.reading() as session:
        protocol = studies.protocol(session, study_id)
        sums: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        entries = ledger.entries(session, study_id)
        for entry in entries:
            sums[entry.participant_id or ""][entry.kind] += entry.pence
        people = [row.id for row in views.people(session, study_id)]
        stock = [Stock(row.pence, row.free, row.n - row.free) for row in ledger.stock(session, study_id)]
    with here.database.transaction() as session:
        audit.append(session, here.clock.now(), me.actor, "saw what is paid", f"study:{study_id}")
    return Books(
        study_id,
        protocol.title,
        tuple(Person(one, sums[one]["earned"], sums[one]["corrected"], -sums[one]["given"]) for one in people),
        tuple(stock),
        -sum(entry.pence for entry in entries if entry.kind == "given"),
        protocol.pays,
    )


# --- the list of vouchers


def add_vouchers(here: Installation, study_id: str, text: str, me: Signed) -> tuple[int, int]:
    """A line for each: its code, and what it is worth in pounds. Nothing is added where one line can't be read.

    Returns how many are new, and how many were listed already. Raises CannotPay.
    """
    listed = list(_read(text))
    if not listed:
        raise CannotPay("There is no voucher in it. Write one a line: its code, a comma, what it is worth in pounds.")
    now = here.clock.now()
    with here.database.transaction() as session:
        studies.get(session, study_id)
        new = ledger.add_vouchers(session, here.vault, study_id, listed, now)
        audit.append(session, now, me.actor, f"added {new} vouchers", f"study:{study_id}")
    return new, len(listed) - new


def _read(text: str) -> Iterator[tuple[str, int]]:
    """Codes are never repeated in what is said of a line: errors are shown and may be written down."""
    text = text.removeprefix("\ufeff")
    separator = max(",;\t", key=text.count) if text else ","
    rows = list(csv.reader(io.StringIO(text), delimiter=separator))
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (number == 1 and cells[0].lower() in {"code", "voucher"}):
            continue
        if number > MOST_CODES:
            raise CannotPay(f"There are more than {MOST_CODES} lines; add them in parts.")
        if len(cells) != 2 or not cells[0] or len(cells[0]) > LONGEST_CODE:
            raise CannotPay(f"Line {number} must be a code, a comma and its worth in pounds, such as “AB12, 5”.")
        yield cells[0], amount(cells[1], f"Line {number}: what it is worth")


def amount(text: str, what: str = "The amount") -> int:
    """Pounds as people write them, in pence. Raises CannotPay."""
    found = _AMOUNT.fullmatch(text.strip())
    pence = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 0
    if pence <= 0:
        raise CannotPay(f"{what} must be pounds above nought, such as 5 or 7.50.")
    return pence


# --- one person


def give_voucher(here: Installation, whose: Whose) -> int:
    """The dearest that fits is hers; /paid shows her its code, and no page does. Returns what it is worth."""
    key, now = here.vault.person(whose.participant), here.clock.now()
    with here.database.transaction() as session:
        _lock(session, whose)
        pence = pay.take(session, key, whose.study_id, now, whose.me.id)
        if pence is None:
            raise CannotPay("No free voucher is worth what is still to come, or less. Nothing was given.")
        audit.append(session, now, whose.me.actor, "gave a voucher", f"study:{whose.study_id}")
    return pence


def give_by_hand(here: Installation, whose: Whose, pounds_given: str, how: str) -> None:
    """Note what she was given in another way. No more than what is still to come."""
    if how not in BY_HAND:
        raise CannotPay(f"The ways are {', '.join(BY_HAND.values())}.")
    pence = amount(pounds_given)
    with here.database.transaction() as session:
        left = _lock(session, whose)
        if pence > left:
            raise CannotPay(f"Only {pounds(left)} is still to come. Correct what was earned first, if that is wrong.")
        _add(session, here, whose, kind="given", pence=-pence, how=how)


def correct(here: Installation, whose: Whose, pounds_more: str, why: str, *, less: bool) -> None:
    """Put right what was earned: an entry of its own, up or down. What she was given already stays hers."""
    if why not in WHY:
        raise CannotPay(f"The reasons are {', '.join(WHY.values())}.")
    pence = amount(pounds_more)
    with here.database.transaction() as session:
        left = _lock(session, whose)
        if less and pence > left:
            raise CannotPay(f"Only {pounds(left)} is still to come, and nothing that was given is taken back.")
        _add(session, here, whose, kind="corrected", pence=-pence if less else pence, how=why)


def _lock(session: Session, whose: Whose) -> int:
    """Nobody else changes her until the transaction ends. Returns what is still to come, in pence."""
    participants.get(session, whose.participant, lock=True)
    enrolment = participants.enrolment_of(session, whose.participant)
    if enrolment is None or enrolment.study_id != whose.study_id:
        raise participants.NoSuchParticipant(f"there is no participant {whose.participant} in {whose.study_id}")
    return pay.left(session, whose.participant, whose.study_id)


def _add(session: Session, here: Installation, whose: Whose, *, kind: str, pence: int, how: str) -> None:
    now = here.clock.now()
    ledger.add(
        session,
        study_id=whose.study_id,
        participant_id=whose.participant,
        kind=kind,
        pence=pence,
        how=how,
        on=now.date(),
        staff_id=whose.me.id,
    )
    # of the study only: the audit outlives her, and must not say that it was she
    done = "noted what was given by hand" if kind == "given" else "put right what was earned"
    audit.append(session, now, whose.me.actor, done, f"study:{whose.study_id}")


# --- for accounts

COLUMNS: Final = ("entry", "date", "kind", "pounds", "how")


def export(here: Installation, study_id: str, me: Signed) -> str:
    """Every entry of a study as CSV, without names or pseudonyms."""
    with here.database.reading() as session:
        studies.get(session, study_id)
        rows = ledger.entries(session, study_id)
    with here.database.transaction() as session:
        audit.append(session, here.clock.now(), me.actor, "took what is paid away", f"study:{study_id}")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_line(number, row) for number, row in enumerate(rows, 1))
    return out.getvalue()


def _line(number: int, entry: LedgerEntry) -> tuple[Any, ...]:
    return number, entry.on.isoformat(), entry.kind, f"{entry.pence / 100:.2f}", entry.how

"""What was earned, given and corrected, and the vouchers of a study. Entries are only ever added.

Only pages for researchers and admins read it; the peer worker's queries touch none of it. The caller owns the
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from ema.domain.payment import Given
from ema.store.rows import insert_into, many, table_of
from ema.store.tables import LedgerEntry, Voucher
from ema.store.vault import PersonKey, Vault

_ENTRY = table_of(LedgerEntry)
_VOUCHER = table_of(Voucher)


# --- entries


def earned(session: Session, participant_id: str, study_id: str, on: date | None = None) -> int:
    """What her check-ins have earned in this study: in all, or on one study day."""
    statement = select(func.coalesce(func.sum(_ENTRY.c.pence), 0)).where(
        _ENTRY.c.participant_id == participant_id, _ENTRY.c.study_id == study_id, _ENTRY.c.kind == "earned"
    )
    if on is not None:
        statement = statement.where(_ENTRY.c.on == on)
    return int(session.execute(statement).scalar_one())


def add(session: Session, **values: Any) -> bool:
    """Add an entry; columns of `LedgerEntry` by name. False: what it is about stands there already."""
    statement = insert_into(session, _ENTRY).values(**values).on_conflict_do_nothing(index_elements=["about"])
    return bool(session.execute(statement.returning(_ENTRY.c.id)).first())


def entries_of(session: Session, participant_id: str, study_id: str) -> list[LedgerEntry]:
    """Hers, in the order in which they were added."""
    hers = (_ENTRY.c.participant_id == participant_id, _ENTRY.c.study_id == study_id)
    return many(session, LedgerEntry, select(_ENTRY).where(*hers).order_by(_ENTRY.c.id))


def entries(session: Session, study_id: str) -> list[LedgerEntry]:
    """A study's, in the order in which they were added, those of nobody any more among them."""
    return many(session, LedgerEntry, select(_ENTRY).where(_ENTRY.c.study_id == study_id).order_by(_ENTRY.c.id))


# --- vouchers


def add_vouchers(
    session: Session, vault: Vault, study_id: str, listed: Iterable[tuple[str, int]], now: datetime
) -> int:
    """Add codes with their pence; what is listed already is passed over. Returns how many are new."""
    new = 0
    for code, pence in listed:
        name = vault.voucher_name(study_id, code)
        sealed = vault.installation.seal("voucher", name, "code", code.encode())
        row = {"id": name, "study_id": study_id, "pence": pence, "code_sealed": sealed, "added_at": now}
        statement = insert_into(session, _VOUCHER).values(**row).on_conflict_do_nothing(index_elements=["id"])
        new += session.execute(statement.returning(_VOUCHER.c.id)).first() is not None
    return new


def take(session: Session, key: PersonKey, study_id: str, most: int, on: date) -> Voucher | None:
    """The dearest free voucher of at most so many pence is hers from now on. None: there is none. Lock her row first.

    Its code is sealed anew, under her key: nobody else can open it any more, and erasing her erases it.
    """
    free = (_VOUCHER.c.study_id == study_id, _VOUCHER.c.given_on.is_(None), _VOUCHER.c.pence <= most)
    wanted = select(_VOUCHER).where(*free).order_by(_VOUCHER.c.pence.desc(), _VOUCHER.c.added_at, _VOUCHER.c.id)
    while True:  # another may have taken it between the two
        found = many(session, Voucher, wanted.limit(1).with_for_update(skip_locked=True))
        if not found:
            return None
        (voucher,) = found
        assert voucher.code_sealed is not None
        code = key.installation.open("voucher", voucher.id, "code", voucher.code_sealed)
        mine = {"participant_id": key.participant_id, "given_on": on}
        mine["code_sealed"] = key.seal("voucher", voucher.id, "code", code)
        this = update(_VOUCHER).where(_VOUCHER.c.id == voucher.id, _VOUCHER.c.given_on.is_(None))
        if session.execute(this.values(**mine)).rowcount:  # type: ignore[attr-defined]
            return voucher


def vouchers_of(session: Session, key: PersonKey) -> list[Given]:
    """Hers, the newest first."""
    mine = select(_VOUCHER).where(_VOUCHER.c.participant_id == key.participant_id)
    return [
        Given(row.pence, row.given_on, key.open("voucher", row.id, "code", row.code_sealed).decode())
        for row in many(session, Voucher, mine.order_by(_VOUCHER.c.given_on.desc(), _VOUCHER.c.id))
        if row.given_on is not None and row.code_sealed is not None
    ]


def stock(session: Session, study_id: str) -> Sequence[Any]:
    """By worth: how many vouchers there are, and how many of them are free."""
    return session.execute(
        select(
            _VOUCHER.c.pence,
            func.count().label("n"),
            func.count().filter(_VOUCHER.c.given_on.is_(None)).label("free"),
        )
        .where(_VOUCHER.c.study_id == study_id)
        .group_by(_VOUCHER.c.pence)
        .order_by(_VOUCHER.c.pence)
    ).all()


# --- erasing


def unlink(session: Session, participant_id: str) -> None:
    """She is erased: what she earned goes with her; what was given out stays, as nobody's (record 0022)."""
    hers = _ENTRY.c.participant_id == participant_id
    session.execute(delete(_ENTRY).where(hers, _ENTRY.c.kind != "given"))
    session.execute(update(_ENTRY).where(hers).values(participant_id=None))
    had = _VOUCHER.c.participant_id == participant_id
    session.execute(update(_VOUCHER).where(had).values(participant_id=None, code_sealed=None))

"""`ema restore`: put a backup into an empty place. Whoever has no key any more was erased, and stays erased."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from secrets import token_bytes

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import make_url

from ema.clock import VirtualClock
from ema.config import Settings
from ema.services.installation import Installation
from ema.services.plan import plan_ahead
from ema.store import participants, sealed, web_links
from ema.store.copies import CannotCopy, contents, copy_file, copy_in, kind_of, settle
from ema.store.drafts import draft
from ema.store.engine import Database, open_database
from ema.store.keystore import KeyStoreUnusable, is_key_store
from ema.store.migrate import migrate
from ema.store.restored import doubt_what_was_due
from ema.store.vault import Vault, open_vault


def restore(
    database_url: str,
    keystore_url: str,
    key_file: Path,
    file: Path,
    keys: Path | None = None,
    *,
    now: datetime,
    opened_by: X25519PrivateKey | None = None,
) -> str:
    """Restore the main database from `file`, and the key store from `keys` if given. Returns a line on how it went.

    Both go into empty places only. Without `keys` the key store stays as it is: the usual case, when the main database
    was lost. What is sealed is `opened_by` a private key. No prompt that is due by `now` is sent any more: it may have
    been, after the copy was made. Raises CannotCopy, CannotOpen, or KeyStoreUnusable when the key file is missing.
    """
    kind_of(file, opened_by)
    place = _place_for_keys(keystore_url, keys) if keys is not None else None
    if place is not None and not key_file.exists():
        raise KeyStoreUnusable(f"the key file {key_file} is missing: put the file back, without it no key opens")
    if keys is not None and place is not None:
        _restore_keys(place, keys, opened_by)
    vault = open_vault(keystore_url, key_file)
    try:
        copied = copy_in(file, database_url, opened_by)
        migrate(database_url)
        database = open_database(database_url)
        try:
            gone = _erase_without_key(database, vault)
            moved = _forget_left_addresses(database, vault, keys_are_newest=keys is None)
            # what was planned after the copy is planned again first, so that it is in doubt too and not sent twice
            plan_ahead(Installation(database, vault, VirtualClock(now), Settings()))
            with database.transaction() as session:
                doubtful = doubt_what_was_due(session, now)
                web_links.withdraw_all(session)
                sealed.shares.withdraw_all(session)
        finally:
            database.close()
    finally:
        vault.close()
    counts = {name: number for name, (number, _) in copied.tables.items()}
    people, prompts, rows = counts["participant"], counts["prompt"], sum(counts.values())
    said = [f"restored {people} participants and {prompts} prompts, {rows} rows in all"]
    if gone:
        said.append(f"{len(gone)} without a key were erased")
    if moved:
        then = "wait until they write" if keys is None else "need a code from a worker (docs/peers)"
        said.append(f"{len(moved)} whose account changed after a copy was made {then}")
    if doubtful:
        said.append(f"{doubtful} prompts that are due already are not sent: they may have been")
    return "; ".join(said)


def _place_for_keys(keystore_url: str, keys: Path) -> Path:
    """Where the key store goes. Raises CannotCopy when it can't go there, or `keys` is none."""
    url = make_url(keystore_url)
    if url.get_backend_name() != "sqlite":
        raise CannotCopy("the key store is a PostgreSQL database: restore it with PostgreSQL's own tools")
    if not keys.exists():
        raise CannotCopy(f"{keys} is no copy of a key store")
    target = Path(url.database or "")
    if target.exists():
        raise CannotCopy(f"{target} exists already: leave --keys out to keep it, or move it away")
    return target


def _restore_keys(target: Path, keys: Path, opened_by: X25519PrivateKey | None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with draft(target) as copy, draft(target) as made:
        with copy.open("wb") as stream:
            stream.writelines(contents(keys, opened_by))
        if not is_key_store(copy):
            raise CannotCopy(f"{keys} is no copy of a key store")
        copy_file(copy, made)
        settle(made, target)


def _erase_without_key(database: Database, vault: Vault) -> list[str]:
    with database.reading() as session:
        everybody = [participant.id for participant in participants.everyone(session)]
    having = vault.keystore.participant_ids()
    gone = [participant_id for participant_id in everybody if participant_id not in having]
    for participant_id in gone:
        with database.transaction() as session:
            participants.purge(session, participant_id)
    return gone


def _forget_left_addresses(database: Database, vault: Vault, *, keys_are_newest: bool) -> list[str]:
    """Who moved to another account between the two copies is written to at neither address. Returns their ids.

    A key store that was not lost knows where she is: as soon as she writes from there, all goes on. Of one that was put
    back nobody can tell: then it lets neither account in, and she needs a code.
    """
    found = []
    with database.transaction() as session:
        everybody = participants.everyone(session)
        held = vault.persons(participant.id for participant in everybody)
        for participant in everybody:
            address = sealed.address_of(participant, held[participant.id])
            if address is None or vault.find(participant.channel, participant.bot_id, address) == participant.id:
                continue
            found.append(participant.id)
            participants.change(session, participant.id, address_sealed=None)
            if not keys_are_newest:
                vault.keystore.rebind(participant.id, token_bytes(32))
    return found

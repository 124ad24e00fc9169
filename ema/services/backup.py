"""`ema backup`: copy the database while it runs; the keys apart, over their predecessor.

The copy of the main database may be kept as long as one likes: what is personal in it opens only with keys that it does
not hold. The copy of the keys must be only one, so that an erased person's key is in none.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from ema.domain.errors import EmaError
from ema.services.installation import Installation
from ema.store import ticks
from ema.store.copies import copy_file, copy_out, only_one, seal_file, settle
from ema.store.drafts import draft
from ema.store.engine import Database
from ema.store.manifest import Manifest
from ema.store.sealed_file import recipient
from ema.store.vault import Vault

KEYS: Final = "keys.backup"
_STAMP: Final = "ema-%Y%m%dT%H%M%SZ.backup"
_LOCK: Final = 0x656D_615F_6270
"""Any number that no other advisory lock uses."""


def backup(
    database: Database, vault: Vault, file: Path, keys: Path | None = None, to: X25519PublicKey | None = None
) -> str:
    """Write `file`, which must not exist, and replace `keys`; both sealed for `to`. Returns a line on what was copied.

    The database goes first: whoever enrols between the two has a key too many, never a row too many.
    """
    line = f"{file}: {_rows(copy_out(database, file, to))}"
    if keys is None:
        return line
    keys.parent.mkdir(parents=True, exist_ok=True)
    store = vault.keystore.file()
    # what is to be sealed lies unsealed only beside its original
    with draft(keys if to is None else store) as copy:
        copy_file(store, copy)
        if to is None:
            settle(copy, keys)
        else:
            with draft(keys) as sealed:
                seal_file(copy, sealed, to)
                settle(sealed, keys)
    number = len(vault.keystore.participant_ids())
    return f"{line}\n{keys}: {number} keys. Keep no older copy of this file, and never beside the key file."


def back_up_when_due(here: Installation) -> Path | None:
    """The backup tick: a new backup when the newest is old enough, then the oldest go. Returns the new one.

    By real time, as the names of the files are. One process does it at a time. What fails is told to staff,
    and raised.
    """
    folder, every = here.settings.backup_dir, timedelta(hours=here.settings.backup_every_hours)
    if folder is None:
        return None
    with only_one(here.database, _LOCK) as mine:
        now = here.database.clock.now()
        # one from a time to come was made before the clock was put back, and says nothing
        done = [at for at, _ in _made(folder) if at <= now]
        if not mine or (done and now - done[-1] < every):
            return None
        file = folder / now.strftime(_STAMP)
        try:
            to = recipient(here.settings.backup_to) if here.settings.backup_to else None
            keys = folder / KEYS if here.vault.keystore.url.get_backend_name() == "sqlite" else None
            backup(here.database, here.vault, file, keys, to)
        except Exception as error:
            why = str(error) if isinstance(error, EmaError) else type(error).__name__
            with here.database.transaction() as session:
                ticks.alert(session, "backup_failed", f"The scheduled backup failed: {why}", here.clock.now())
            raise
        others = [old for _, old in _made(folder) if old != file]
        for old in others[: max(len(others) + 1 - here.settings.backup_keep, 0)]:
            old.unlink(missing_ok=True)
        return file


def _made(folder: Path) -> list[tuple[datetime, Path]]:
    """The scheduled backups that are there, the oldest first. Other files are not ours to judge."""
    found = []
    for file in folder.glob("ema-*Z.backup"):
        try:
            at = datetime.strptime(f"{file.name}+0000", f"{_STAMP}%z")
        except ValueError:
            continue
        found.append((at, file))
    return sorted(found)


def _rows(copied: Manifest) -> str:
    shown = ("participant", "prompt", "answer", "score")
    counts = {name: rows for name, (rows, _) in copied.tables.items()}
    return ", ".join(f"{counts.get(name, 0)} {name}s" for name in shown) + f"; {sum(counts.values())} rows in all"

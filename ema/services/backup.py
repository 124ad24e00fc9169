"""`ema backup`: copy the database while it runs; the keys apart, over their predecessor.

The copy of the main database may be kept as long as one likes: what is personal in it opens only with keys that it does
not hold. The copy of the keys must be only one, so that an erased person's key is in none.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from ema.store.copies import copy_file, copy_out, settle
from ema.store.engine import Database
from ema.store.vault import Vault


def backup(database: Database, vault: Vault, file: Path, keys: Path | None = None) -> str:
    """Write `file`, which must not exist, and replace `keys`. Returns a line that says what was copied.

    The database goes first: whoever enrols between the two has a key too many, never a row too many.
    """
    counts = copy_out(database, file)
    line = f"{file}: {_rows(counts)}"
    if keys is None:
        return line
    keys.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keys.parent, prefix=f".{keys.name}.") as folder:
        draft = Path(folder) / "draft"
        draft.touch(mode=0o600)
        copy_file(vault.keystore.file(), draft)
        settle(draft, keys)
    number = len(vault.keystore.participant_ids())
    return f"{line}\n{keys}: {number} keys. Keep no older copy of this file, and never beside the key file."


def _rows(counts: dict[str, int]) -> str:
    shown = ("participant", "prompt", "answer", "score")
    return ", ".join(f"{counts.get(name, 0)} {name}s" for name in shown) + f"; {sum(counts.values())} rows in all"

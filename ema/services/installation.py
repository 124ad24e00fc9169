"""What every service stands on: the database, the vault, the clock and the settings of one installation."""

from __future__ import annotations

from dataclasses import dataclass

from ema.clock import Clock
from ema.config import Settings
from ema.store.engine import Database
from ema.store.vault import Vault


@dataclass(frozen=True)
class Installation:
    """One installation, wired by `ema.bootstrap`. `clock` is study time: virtual in the demo, otherwise real."""

    database: Database
    vault: Vault
    clock: Clock
    settings: Settings

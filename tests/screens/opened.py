"""An installation of its own for each study of the tour: its database is a copy of a migrated one."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from ema.clock import VirtualClock
from ema.domain.protocol import Protocol
from ema.store.engine import open_database
from ema.store.vault import open_vault
from tests.services.world import World

STARTS = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""Monday noon in London: both notes of the day are still to come."""


def open_world(closing: ExitStack, template: Path, folder: Path, protocol: Protocol, app_url: str) -> World:
    """Opened until `closing` closes. `app_url` is where Telegram would find the pages."""
    shutil.copyfile(template, folder / "ema.sqlite")
    database = open_database(f"sqlite:///{folder / 'ema.sqlite'}", durable=False)
    vault = open_vault(f"sqlite:///{folder / 'keys.sqlite'}", folder / "secret.key")
    world = World(database, vault, VirtualClock(STARTS), folder, protocol, app_url=app_url)
    for close in (database.close, vault.close, world.close):
        closing.callback(close)
    return world

"""What driver and product share through small mapped files, so that neither must ask the other.

Study time runs as fast as the machine's: only the time in which nothing happens is jumped over. So leases and time-outs
are as long as in life, and a kill costs no minutes.
"""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

_OFFSET = struct.Struct("d")


def _mapped(file: Path, size: int) -> mmap.mmap:
    if not file.exists():
        file.write_bytes(bytes(size))
    with file.open("r+b") as opened:
        return mmap.mmap(opened.fileno(), size)


class JumpingClock:
    """The machine's time and an offset, the same for all who map the file. It never goes back."""

    def __init__(self, file: Path) -> None:
        self._offset = _mapped(file, _OFFSET.size)

    def now(self) -> datetime:
        (offset,) = _OFFSET.unpack(self._offset[:])
        return datetime.now(UTC) + timedelta(seconds=offset)

    def jump_to(self, instant: datetime) -> None:
        (offset,) = _OFFSET.unpack(self._offset[:])
        further = (instant - self.now()).total_seconds()
        self._offset[:] = _OFFSET.pack(offset + max(further, 0.0))


class Trap:
    """At which point one process is to die, and at the how many-th time that it comes there. 0: nowhere."""

    def __init__(self, file: Path) -> None:
        self._bytes = _mapped(file, 2)

    def set(self, point: int, times: int) -> None:
        self._bytes[:] = bytes([0, times])
        self._bytes[0] = point

    @property
    def point(self) -> int:
        return self._bytes[0]

    def springs(self, point: int) -> bool:
        """The process is at this point: whether this is the time."""
        if self._bytes[0] != point:
            return False
        self._bytes[1] = max(self._bytes[1] - 1, 0)
        return self._bytes[1] == 0

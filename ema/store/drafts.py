"""Files that are not finished yet. Nothing of them stays, also where the process that made them was killed.

A draft may hold keys, or lie unsealed: who was erased meanwhile must not live on in one that was left behind.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_PREFIX: Final = ".ema-draft."


@contextmanager
def draft(file: Path) -> Iterator[Path]:
    """A name beside `file`, of an empty file that only this user may read. What killed processes left there goes first.

    Its folder is locked for as long as its process lives: so it is known which one was left behind.
    """
    _clear(file.parent)
    while True:
        folder = Path(tempfile.mkdtemp(dir=file.parent, prefix=_PREFIX))
        try:
            with _locked(folder) as mine:
                if not mine or not folder.exists():  # somebody cleared it away before it was locked
                    continue
                made = folder / "draft"
                made.touch(mode=0o600)
                yield made
                return
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _clear(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        with _locked(folder) as left:
            if left:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Whether nobody else holds it."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)

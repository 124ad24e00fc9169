"""`ema doctor`, `backup` and `restore`: look after an installation."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer


def doctor() -> None:
    """Check that every promise holds in the data; mend what was interrupted. Problems go to stderr, exit 1."""
    from ema.bootstrap import installation
    from ema.services.doctor import examine
    from ema.services.reap import reap
    from ema.simulation.demo_clock import stored_clock

    with installation() as opened:
        here = replace(opened, clock=stored_clock(opened.database) or opened.clock)
        reap(here)  # resumes an erasure that was interrupted
        problems = examine(here.database, here.vault, here.clock.now())
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        raise typer.Exit(1)
    print("Everything is in order.")


def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the main database's copy.")],
    keys: Annotated[
        Path | None,
        typer.Option(help="Copy the key store too, over its predecessor: an erased person must not come back by it."),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(help="Seal for an X25519 public key: a PEM file, or its 32 bytes as base64."),
    ] = None,
) -> None:
    """Copy the database while it runs. Without the keys nobody can read anything personal in it."""
    from ema.bootstrap import installation
    from ema.services import backup as service
    from ema.store.sealed_file import recipient

    sealed_for = recipient(to) if to is not None else None
    with installation() as here:
        print(service.backup(here.database, here.vault, file, keys, sealed_for))


def restore(
    file: Annotated[Path, typer.Argument(help="A copy made by `ema backup`.")],
    keys: Annotated[Path | None, typer.Option(help="The key store's copy.")] = None,
    key: Annotated[Path | None, typer.Option(help="The private key (PEM) that opens what was sealed.")] = None,
) -> None:
    """Put a backup into an empty place. Whoever was erased since stays erased; no prompt due by now is sent."""
    from ema.clock import SystemClock
    from ema.config import Settings
    from ema.services import restore as service
    from ema.store.sealed_file import identity

    settings, now = Settings(), SystemClock().now()
    opened_by = identity(key) if key is not None else None
    places = (settings.database, settings.keystore, settings.secret_key)
    print(service.restore(*places, file, keys, now=now, opened_by=opened_by))

"""PostgreSQL's own programs, run on a database as streams: nothing of it touches this machine's disk."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from psycopg.conninfo import make_conninfo
from sqlalchemy import create_engine, make_url

from ema.domain.errors import EmaError

_AT_ONCE: Final = 1024 * 1024


class CannotCopy(EmaError):
    """A backup can't be made or used. The message says why; nothing was overwritten."""


def read_from(program: str, *arguments: str, url: str) -> Iterator[bytes]:
    """What the program writes. Raises CannotCopy, with its own words, when it fails."""
    with _command(program, *arguments, url=url) as command, tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints) as running:  # noqa: S603 - a program that we name, without a shell
            assert running.stdout is not None
            try:
                while part := running.stdout.read(_AT_ONCE):
                    yield part
            except BaseException:
                running.kill()
                raise
        _judge(program, running.returncode, complaints)


def fed(program: str, *arguments: str, url: str, content: Iterable[bytes]) -> None:
    """Let the program read `content`. When that breaks off, the program is ended before it can finish."""
    with _command(program, *arguments, url=url) as command, tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=complaints) as running:  # noqa: S603 - as above
            assert running.stdin is not None
            try:
                for part in content:
                    running.stdin.write(part)
                running.stdin.close()
            except BrokenPipeError:  # it has ended: its own words say why
                running.stdin = None
            except BaseException:
                running.kill()
                raise
        _judge(program, running.returncode, complaints)


def _judge(program: str, code: int, complaints: IO[bytes]) -> None:
    if code != 0:
        complaints.seek(0)
        lines = complaints.read().decode(errors="replace").strip().splitlines()
        raise CannotCopy(f"{program} failed: {'; '.join(lines)}")


@contextmanager
def _command(program: str, *arguments: str, url: str) -> Iterator[list[str]]:
    """The command line. The password goes by a file: others can read a command line."""
    found = shutil.which(program)
    if found is None:
        raise CannotCopy(
            f"`{program}` is not installed: install PostgreSQL's client programs (Debian: postgresql-client)"
        )
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
        given = engine.dialect.create_connect_args(engine.url)[1]
        wanted = {name: value for name, value in given.items() if name != "context"}  # psycopg's own, not libpq's
        passwords = Path(folder) / "passwords"
        passwords.touch(mode=0o600)
        password = str(wanted.pop("password", "")).replace("\\", "\\\\").replace(":", "\\:")
        passwords.write_text(f"*:*:*:*:{password}\n", encoding="utf-8")
        yield [found, f"--dbname={make_conninfo(**wanted, passfile=str(passwords))}", *arguments]

"""Write the first migration anew from the tables: `python -m migrations.anew`. Only until the first release.

From then on every change of a table is a migration of its own: `alembic revision --autogenerate -m "what changes"`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from ema.store.migrate import config, locked

VERSIONS = Path(__file__).parent / "versions"


def main() -> None:
    for old in VERSIONS.glob("*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder, locked(f"sqlite:///{folder}/empty.sqlite") as connection:
        command.revision(config(connection), "Every table of the first release", rev_id="0001", autogenerate=True)
    (written,) = VERSIONS.glob("*.py")
    written.rename(VERSIONS / "0001_first.py")
    for verb in (["format", "--quiet"], ["check", "--fix", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *verb, str(VERSIONS)], check=True)  # noqa: S603 - our own words


if __name__ == "__main__":
    main()

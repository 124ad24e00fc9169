"""Refuse a migration that would lock or lose while old and new code run side by side: `python -m migrations.check`.

What is judged is the SQL that each script after the first would send to PostgreSQL.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy.dialects.postgresql import psycopg

from ema.release import CODE
from ema.store.migrate import OPTIONS, config

_OURS: Final = {"setting", "alembic_version"}
"""Tables of a few rows, which may be changed in place."""


@dataclass(frozen=True)
class Rule:
    """`pattern` says which statement is refused. Where it names the `table`, one made in the same script is free of it.

    `contracts`: a script that declares `min_code` may.
    """

    pattern: re.Pattern[str]
    words: str
    contracts: bool = False


def _rule(pattern: str, words: str, *, contracts: bool = False) -> Rule:
    return Rule(re.compile(pattern, re.IGNORECASE), words, contracts)


_ALTER: Final = r"^ALTER TABLE (?:IF EXISTS )?(?:ONLY )?(?P<table>\S+) .*?"
_CONTRACT: Final = "code of the release before still uses it: do it in a later script, one that declares `min_code`"

RULES: Final = (
    _rule(r"^DROP TABLE (?:IF EXISTS )?(?P<table>\S+)", f"drops a table: {_CONTRACT}", contracts=True),
    _rule(_ALTER + r"DROP COLUMN", f"drops a column: {_CONTRACT}", contracts=True),
    _rule(_ALTER + r"DROP DEFAULT", f"drops a default: {_CONTRACT}", contracts=True),
    _rule(
        _ALTER + r"\bRENAME\b",
        "renames: old code knows only the old name. Add the new one, fill it, drop the old one later",
    ),
    _rule(
        _ALTER + r"ADD COLUMN (?!.*\bDEFAULT\b).*\bNOT NULL\b",
        "adds a column that must not be empty without a server default: rows that are there, and old code, have none",
    ),
    _rule(
        _ALTER
        + r"ADD COLUMN .*(\b(SMALL|BIG)?SERIAL\b|\bGENERATED\b|DEFAULT .*(random|uuid|clock_timestamp|nextval)\w* ?\()",
        "adds a column whose value differs by row: the whole table is written anew under a lock. Fill it later",
    ),
    _rule(
        _ALTER + r"ALTER COLUMN \S+ (SET DATA )?TYPE\b",
        "changes a type: the whole table is written anew under a lock, and old code expects the old one. Add a column",
    ),
    _rule(
        _ALTER + r"ALTER COLUMN \S+ SET NOT NULL",
        "forbids empty values: the whole table is read under a lock. Add a check with `postgresql_not_valid=True`, "
        "and validate it in a later script",
    ),
    _rule(
        r"^CREATE (UNIQUE )?INDEX (?!CONCURRENTLY).*? ON (?:ONLY )?(?P<table>\S+)",
        "makes an index while nobody can write: use `migrations.steps.index`",
    ),
    _rule(r"^DROP INDEX (?!CONCURRENTLY)", "drops an index while nobody can read: use `migrations.steps.drop_index`"),
    _rule(
        _ALTER + r"ADD (CONSTRAINT \S+ )?(CHECK|FOREIGN KEY)(?!.*\bNOT VALID\b)",
        "adds a constraint that reads the whole table under a lock: add it with `postgresql_not_valid=True`, "
        "and validate it in a later script",
    ),
    _rule(
        _ALTER + r"ADD (CONSTRAINT \S+ )?(UNIQUE|PRIMARY KEY|EXCLUDE)(?! USING INDEX)",
        "adds a constraint that builds an index under a lock: make the index with `migrations.steps.index`, unique",
    ),
    _rule(
        r"^(?:WITH .*)?(UPDATE|DELETE FROM|TRUNCATE(?: TABLE)?) (?:ONLY )?(?P<table>[^\s(]+)",
        "changes rows while its transaction holds locks: do it in batches, by a tick or a command",
    ),
    _rule(
        r"^INSERT INTO (?P<table>[^\s(]+)(?=.*\bSELECT\b)",
        "copies rows while its transaction holds locks: do it in batches, by a tick or a command",
    ),
    _rule(r"^(LOCK|VACUUM FULL|CLUSTER|REINDEX (?!.*CONCURRENTLY))\b", "locks a whole table"),
)
_MADE: Final = re.compile(r"^CREATE TABLE (?:IF NOT EXISTS )?(\S+)", re.IGNORECASE)
_ADDED: Final = re.compile(r"ADD CONSTRAINT (\S+) .*NOT VALID", re.IGNORECASE)
_VALIDATED: Final = re.compile(r"VALIDATE CONSTRAINT (\S+)", re.IGNORECASE)


def judge(statements: list[str], *, contracts: bool) -> Iterator[str]:
    """What is wrong with the statements of one script, a line each."""
    made, added = set(_OURS), set()
    for statement in statements:
        if found := _MADE.match(statement):
            made.add(found[1])
        added |= set(_ADDED.findall(statement))
        if added & set(_VALIDATED.findall(statement)):
            yield f"validates what it has just added, under that lock: in a later script. ({statement})"
        for rule in RULES:
            found = rule.pattern.search(statement)
            if found is None or (rule.contracts and contracts):
                continue
            if "table" in found.groupdict() and found["table"] in made:
                continue
            yield f"{rule.words}. ({statement})"


def statements_of(script: Script) -> list[str]:
    """What the script would send to PostgreSQL, each in one line and without quotes."""
    sent = io.StringIO()
    context = MigrationContext.configure(
        dialect=psycopg.dialect(), opts=OPTIONS | {"as_sql": True, "output_buffer": sent}
    )
    with Operations.context(context):
        script.module.upgrade()
    lines = (" ".join(part.replace('"', "").split()) for part in sent.getvalue().split(";\n"))
    return [line for line in lines if line]


def problems(scripts: ScriptDirectory) -> list[str]:
    """What is wrong with every script after the first, a line each; none if all may run beside old and new code."""
    found: list[str] = []
    for script in reversed(list(scripts.walk_revisions())):
        if script.down_revision is None:  # on an empty database there is nothing to lock or to lose
            continue
        level = getattr(script.module, "min_code", None)
        try:
            statements = statements_of(script)
        except Exception as error:  # noqa: BLE001 - whatever it needs, it is not here
            found.append(f"{script.revision}: can't be read without a database ({error}): write it with `op` alone")
            continue
        wrong = list(judge(statements, contracts=level is not None))
        if level is not None and level > CODE:
            wrong.append(f"declares min_code {level}, but this code is level {CODE}: raise CODE in ema/release.py")
        found += [f"{script.revision}: {words}" for words in wrong]
    return found


def main() -> int:
    found = problems(ScriptDirectory.from_config(config()))
    for line in found:
        print(line, file=sys.stderr)  # noqa: T201 - a command
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())

"""Refusals. Each says in plain words what happened and what to do; `str(error)` is fit for a person to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


class EmaError(Exception):
    """Anything that the platform refuses. `status` is the HTTP status a page or API answers with."""

    status = 400


@dataclass(frozen=True)
class Finding:
    """One thing wrong with a file: where it is, what it is, and what would mend it."""

    file: str
    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.field}: {self.message}" if self.field else f"{where}: {self.message}"


class InvalidStudy(EmaError):
    """A study or questionnaire file breaks a rule. Carries every finding, not only the first."""

    status = 422

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(finding) for finding in findings))


class InvalidAnswer(EmaError):
    """What was given is no answer to this item. `key` and `values` name the words, for her own language."""

    status = 422

    def __init__(self, message: str, key: str = "", values: Mapping[str, float | date] | None = None) -> None:
        self.key = key
        self.values = dict(values or {})
        super().__init__(message)

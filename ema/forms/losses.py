"""What a format could not carry, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from ema.domain.errors import EmaError, Finding


@dataclass(frozen=True)
class Loss:
    """One thing that is not as it was. `where` is a sheet and row, an item or a field."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """In one line, whatever a cell that it quotes holds."""
        return " ".join(f"{self.where}: {self.what}; {self.remedy}".split())


class InvalidForm(EmaError):
    """A file in another format that can't be read. Says where it breaks first, in one line."""

    status = 422

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(str(finding))


def refuse(file: str, message: str, *, row: int | None = None, sheet: str = "") -> InvalidForm:
    """A refusal at a row of a sheet, or of the whole file."""
    return InvalidForm(Finding(file, row, sheet, " ".join(message.split())))

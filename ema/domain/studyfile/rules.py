"""What a study must keep to beyond the shape of its fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ema.domain.errors import Finding
    from ema.domain.protocol import Protocol
    from ema.domain.questionnaire import Questionnaire
    from ema.domain.studyfile.marked import Marked


def questionnaire(marked: Marked, read: Questionnaire, file_id: str | None = None) -> list[Finding]:
    return []


def study(marked: Marked, files: Mapping[str, Marked], protocol: Protocol) -> list[Finding]:
    return []

"""A questionnaire as a YAML file that a researcher can go on writing."""

from __future__ import annotations

from typing import Any

import yaml


class _Plain(yaml.SafeDumper):
    """Block style, without references, as the bundled questionnaires are written."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def text(data: dict[str, Any]) -> str:
    """The file's text. Words that are the same in every language stand as plain text."""
    return yaml.dump(_simple(data), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=110)


def _simple(part: Any) -> Any:
    if isinstance(part, dict):
        return part["*"] if list(part) == ["*"] else {key: _simple(value) for key, value in part.items()}
    return [_simple(entry) for entry in part] if isinstance(part, list | tuple) else part

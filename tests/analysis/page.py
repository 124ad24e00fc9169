"""docs/researchers/analysis.md, block by block. `python -m tests.analysis.page` writes what the blocks print into the page.

A `python` block is run after all before it; a `console` block begins with a command of `ema`. What either prints follows
in a `text` block, or below the command; `…` stands for anything within a line, and by itself for any lines.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.questionnaires.tour import like

PAGE = Path(__file__).parents[2] / "docs" / "researchers" / "analysis.md"
_BLOCK = re.compile(r"^```(python|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """`said` is what the page says that it prints; `line` counts from 1."""

    line: int
    kind: str
    body: str
    said: str


def blocks(page: str) -> list[Block]:
    found = []
    for match in _BLOCK.finditer(page):
        body, said = match[2], match[3] or ""
        if match[1] == "console":
            body, _, said = body.partition("\n")
        found.append(Block(page.count("\n", 0, match.start()) + 1, match[1], body, said))
    return found


def play(block: Block, names: dict[str, Any]) -> str:
    """Run it among the names that those before it left; what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        if block.kind == "python":
            exec(compile(block.body, f"{PAGE.name}, line {block.line}", "exec"), names)
        else:
            from ema.__main__ import app

            program, *arguments = shlex.split(block.body.removeprefix("$ "))
            if program != "ema":
                raise ValueError(block.body)
            app(arguments, standalone_mode=False)
    return out.getvalue()


def written_anew(page: str) -> str:
    names: dict[str, Any] = {}

    def replace(match: re.Match[str]) -> str:
        (block,) = blocks(match[0])
        printed = play(block, names)
        if block.said and like(block.said, printed):  # `…` stays as it is
            return match[0]
        if block.kind == "console":
            return f"```console\n{block.body}\n{printed}```\n"
        return f"```python\n{block.body}```\n" + (f"\n```text\n{printed}```\n" if printed else "")

    return _BLOCK.sub(replace, page)


if __name__ == "__main__":
    before = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        after = written_anew(before)
    PAGE.write_text(after, encoding="utf-8")
    os.write(1, f"{len(blocks(after))} blocks\n".encode())

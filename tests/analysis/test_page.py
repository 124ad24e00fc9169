"""docs/researchers/analysis.md: every block is run, prints what the page says, and no method is left out."""

from __future__ import annotations

import ast
import contextlib
import re
from pathlib import Path

import pytest

from tests.analysis.page import PAGE, blocks, play
from tests.questionnaires.tour import like

TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = blocks(TEXT)
ANALYSIS = Path(__file__).parents[2] / "analysis"
NO_METHODS = {
    "closed", "command", "errors", "figures", "files", "frames", "further", "gls", "jets", "nested", "noisy", "own", "page", "parallel",
    "ranks", "serial", "tables", "timetable", "twolevel", "verify",
    "mixed/blocks", "mixed/inference", "mixed/layout", "mixed/likelihood", "mixed/optimise", "mixed/parts",
    "mixed/profile", "mixed/result", "mixed/spline", "mixed/words",
}  # fmt: skip
"""Modules that methods are made of, and those that show them."""
PARTS = {
    "alpha_of", "longstring", "largest_variance", "successive", "column_of", "slots_of", "holm", "benjamini_hochberg",
}  # fmt: skip
"""Functions that methods are made of."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory) -> dict[int, str | Exception]:
    """What each block printed, by its line. They build on one another, so all are run once, in order."""
    names: dict[str, object] = {}
    came: dict[int, str | Exception] = {}
    with contextlib.chdir(tmp_path_factory.mktemp("analysis")):
        for block in BLOCKS:
            try:
                came[block.line] = play(block, names)
            except Exception as failed:  # noqa: BLE001 - told by the test of this block
                came[block.line] = failed
    return came


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"line {block.line}")
def test_a_block_prints_what_the_page_says(block, printed):
    came = printed[block.line]
    if isinstance(came, Exception):
        raise came
    if not like(block.said, came):
        assert block.said == came


def test_no_block_goes_unrun():
    texts = len(re.findall("^```text$", TEXT, re.MULTILINE))
    assert TEXT.count("```") == 2 * (len(BLOCKS) + texts)
    assert texts == sum(block.kind == "python" and bool(block.said) for block in BLOCKS)


def methods():
    for file in sorted(ANALYSIS.rglob("*.py")):
        module = file.relative_to(ANALYSIS).with_suffix("").as_posix()
        if module not in NO_METHODS and not module.startswith("report/"):  # it has a page of its own
            for part in ast.parse(file.read_text(encoding="utf-8")).body:
                if isinstance(part, ast.FunctionDef) and not part.name.startswith("_") and part.name not in PARTS:
                    yield module, part.name


def test_every_method_is_shown():
    code = "\n".join(block.body for block in BLOCKS)
    assert len(list(methods())) > 30
    assert [f"{module}.{name}" for module, name in methods() if not re.search(rf"\b{name}\(", code)] == []

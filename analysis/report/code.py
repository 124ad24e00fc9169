"""The code that made the report, as the report prints it: `recipes`, and what it was called with."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from analysis.report import recipes

if TYPE_CHECKING:
    from analysis.report.recipes import Study

TAIL = """

if __name__ == "__main__":
    import json

    STUDY = {study}
    found = everything(STUDY, read(Path(), STUDY))
    drawn = found.pictures | {{
        f"{{one.score.name}}-{{name}}": picture for one in found.scores for name, picture in one.pictures.items()
    }}
    for name, picture in drawn.items():
        Path(f"{{name}}.svg").write_text(picture.svg, encoding="utf-8")
    print(json.dumps(numbers(found), indent=1))
"""


def code(about: Study) -> str:
    """A whole program. Run in the folder of the exported tables it writes every figure and prints the numbers."""
    return inspect.getsource(recipes).rstrip() + "\n" + TAIL.format(study=_written(about))


def _written(about: Study) -> str:
    """The call that makes `about`, a score on each line."""
    start, scores = repr(about).split("scores=(", 1)
    return f"{start}scores=(\n        " + scores.replace(", Score(", ",\n        Score(").replace("),)", "),\n    )")

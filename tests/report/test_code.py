"""The code in the report makes the report's numbers and figures again, from the exported tables."""

import html
import json
import re
import runpy

from analysis.report import recipes
from ema.exports import csv
from ema.exports.base import DataSet
from tests.report import written
from tests.report.demo import END


def program(page):
    return html.unescape(re.search(r'<code id="program">(.*?)</code>', page, re.DOTALL)[1])


def exported(folder):
    tables = written.risen().tables()
    csv.write(DataSet("twice_daily", "", "open", 3, "", 28, 2, END, "", True, tables, frozenset()), folder)


def test_it_gives_the_same_numbers_and_the_same_pictures(tmp_path, monkeypatch, capsys):
    exported(tmp_path)
    (tmp_path / "program.py").write_text(program(written.page(10)), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runpy.run_path("program.py", run_name="__main__")
    printed = capsys.readouterr().out
    found = written.found(10)
    numbers = recipes.numbers(found)
    assert len(numbers) > 50
    assert json.loads(printed) == numbers
    drawn = {f"{one.score.name}-{name}": picture for one in found.scores for name, picture in one.pictures.items()}
    assert {"se_state-trend", "se_state-spread", "se_state-shares"} <= drawn.keys()
    for name, picture in (drawn | found.pictures).items():
        assert (tmp_path / f"{name}.svg").read_text(encoding="utf-8") == picture.svg, name
    assert {path.stem for path in tmp_path.glob("*.svg")} == drawn.keys() | found.pictures.keys()

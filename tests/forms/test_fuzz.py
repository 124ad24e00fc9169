"""Broken files without end: one clear message or a sound result, no traceback, no hang.

A few hundred in every run; ten thousand of each with `pytest -m slow tests/forms/test_fuzz.py`.
"""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ema.domain.errors import InvalidStudy
from ema.domain.studyfile import load_questionnaire
from ema.forms import workbook, xlsform_in, yamlfile
from ema.forms.conditions import Named, NotCarried, translate
from ema.forms.losses import InvalidForm
from questionnaires import ROOT

SOUND_YAML = (ROOT / "rses_a.yaml").read_text()
SOUND_FORM = """| survey |
| | type | name | label::English (en) | hint | relevant | constraint | parameters | calculation |
| | select_one yn | calm | Calm? | | | | | |
| | integer | n | How many? | | ${calm} = 'y' | . >= 0 and . <= 9 | | |
| | range | mood | Mood? | 1 = bad · 7 = good | not(${n} > 3) | | start=1 end=7 step=1 | |
| | begin_group | g | Group | | | | | |
| | calculate | c | | | | | | ${n} * 2 |
| | end_group | | | | | | | |
| choices |
| | list_name | name | label::English (en) |
| | yn | y | Yes |
| | yn | n | No |
"""
PIECES = st.sampled_from(
    [
        "|",
        "| survey |",
        "\n",
        "${n}",
        "${",
        "select_one",
        "begin_repeat",
        "end_group",
        "calculate",
        "'",
        '"',
        "\\|",
        "\x00",
        "\u202e",
        "&a",
        "*a",
        "!!python/object:os.system",
        "{",
        "[",
        ": ",
        "- ",
        "%",
        "\t",
        "---",
        "<<",
        "~",
        "=1+1",
        "1e999",
        "9" * 30,
        "-1",
        "(" * 60,
        "label::",
        "::",
        "range",
        "start=0 end=1e9",
        "text",
        "note",
        "\U0001f600",
        "\ud800",
        "\x85",
        "\u2028",
    ]
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.one_of(PIECES, st.text(max_size=12))), min_size=1, max_size=8
)


def edited(text, edits):
    """The text with pieces cut out and others put in."""
    for share, cut, piece in edits:
        at = int(share * len(text))
        text = text[:at] + piece + text[at + cut :]
    return text.encode("utf-8", "surrogatepass")


def one_clear_line(error):
    """A refusal that a person can read: a line for each finding, each with the file's name."""
    lines = str(error).split("\n")
    assert all(line.strip() and len(line) < 1500 and "Traceback" not in line for line in lines)
    return lines


def a_questionnaire(path: Path, edits):
    path.write_bytes(edited(SOUND_YAML, edits))
    try:
        load_questionnaire(path)
    except InvalidStudy as refused:
        assert all(line.startswith(str(path)) for line in one_clear_line(refused))  # noqa: PT017


def a_form(path: Path, edits):
    path.write_bytes(edited(SOUND_FORM, edits))
    try:
        made = xlsform_in.read(path, "form")
    except InvalidForm as refused:
        [line] = one_clear_line(refused)
        assert line.startswith(str(path))
        return
    for loss in made.losses:
        one_clear_line(loss)
    written = path.with_suffix(".yaml")
    written.write_text(yamlfile.text(made.data), encoding="utf-8")
    assert load_questionnaire(written) == made.questionnaire()


def a_workbook(path: Path, edits):
    """Bytes of a workbook changed anywhere."""
    raw = bytearray(SOUND_XLSX)
    for share, cut, piece in edits:
        at = int(share * len(raw))
        raw[at : at + cut] = piece.encode("utf-8", "surrogatepass")
    path.write_bytes(bytes(raw))
    try:
        workbook.read(path)
    except InvalidForm as refused:
        one_clear_line(refused)


def a_condition(_path: Path, edits):
    try:
        translate(edited("${n} > 3 and not(${n} = 2 or ${n} < 1)", edits).decode("utf-8", "replace"), {"n": Named("n")})
    except NotCarried as reason:
        one_clear_line(reason)


def _sound_xlsx() -> bytes:
    import io

    import openpyxl

    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (("type", "name", "label"), ("note", "a", "A."), ("integer", "n", "N?")):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


SOUND_XLSX = _sound_xlsx()
KINDS = {
    "questionnaire": (a_questionnaire, "form.yaml", 100),
    "xlsform": (a_form, "form.md", 100),
    "workbook": (a_workbook, "form.xlsx", 60),
    "condition": (a_condition, "", 100),
}


def run(kind, folder, number):
    check, name, _ = KINDS[kind]

    @settings(max_examples=number, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(EDITS)
    def broken(edits):
        begin = time.monotonic()
        check(folder / name, edits)
        assert time.monotonic() - begin < 5

    broken()


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_hundred(kind, tmp_path):
    run(kind, tmp_path, KINDS[kind][2])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_ten_thousand(kind, tmp_path, request):
    if "slow" not in request.config.option.markexpr:
        pytest.skip("takes minutes; run it with -m slow")
    run(kind, tmp_path, 10_000)

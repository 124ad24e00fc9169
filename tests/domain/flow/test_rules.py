"""What a study file says about pages, conditions and words with answers is checked before a phone sees it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.errors import Finding
from ema.domain.flow import Course, Seed, order
from ema.domain.studyfile import load_study, validate
from questionnaires import ROOT

STUDY = "studies/twice_daily.yaml"
PAGES = """\
items:
  - {id: why, type: choice, text: {en: "Because of {label.wb_mood}?", es: "¿Por {label.wb_mood}?"}, options: [
      {value: home, code: 1, label: {en: Home, es: Casa}}, {value: work, code: 2, label: {en: Work, es: Trabajo}}]}
  - {id: low, type: computed, text: {en: Low, es: Bajo}, expression: 8 - wb_mood}
"""
PLACED = """\
pages:
  - id: first
    title: {en: How you are, es: Cómo estás}
    items: [wb_mood, wb_calm, low]
  - id: reasons
    show_if: slot != "practice" and wb_mood <= 5
    items:
      - item: why
        show_if: wb_calm < 4
        once: true
  - id: pool
    order: random
    draw: 4
    items: [se_satisfied, se_worth, se_positive, wb_connected, wb_energy]
scores:
"""
Change = Callable[..., list[Finding]]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """Copy the bundled study, give its check-in pages, replace words of that, and validate."""
    shutil.copytree(ROOT, tmp_path / "q", ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.cases.yaml"))
    path = tmp_path / "q" / "checkin.yaml"
    text = path.read_text().replace("items:\n", PAGES, 1).replace("scores:\n", PLACED, 1)

    def validated(*replaced: tuple[str, str]) -> list[Finding]:
        changed = text
        for old, new in replaced:
            assert old in changed, f"{old!r} is not there"
            changed = changed.replace(old, new, 1)
        path.write_text(changed)
        return validate(tmp_path / "q" / STUDY)

    return validated


def test_a_study_with_pages_is_sound_and_can_be_gone_through(change, tmp_path):
    assert change() == []
    protocol = load_study(tmp_path / "q" / STUDY)
    forms = [protocol.questionnaires["checkin"]]
    items = order(forms, Seed.of(protocol, "seed", "checkin", "3.1"))
    assert items[:4] == ("wb_mood", "wb_calm", "low", "why")
    assert len(items) == 8
    assert Course(forms).steps["why"].once


REFUSED = [
    # the shape of pages
    ("items: [wb_mood, wb_calm, low]", "items: [wb_mood, wb_clam, low]", "wb_clam", "pages.first.items[2]", "did you mean “wb_calm”?"),
    ("items: [wb_mood, wb_calm, low]", "items: [wb_mood, wb_calm]", "id: low", "items.low", "stands on no page"),
    ("items: [wb_mood, wb_calm, low]", "items: [wb_mood, wb_calm, low, low]", "low, low", "pages.first.items[4]", "has a place already"),
    ("    draw: 4", "    draw: 5", "draw: 5", "pages.pool.draw", "draws 5 of 5"),
    ("    draw: 4", "    draw: 0", "draw: 0", "pages.pool.draw", "must be 1 or more"),
    ("    draw: 4", "    draw: 1", "se_state", "scores.se_state", "se_state needs 2 answers, and at most 1 of its items are drawn"),
    ("  - id: pool", "  - id: first", "id: first", "pages.first.id", "there is another page or section first"),
    ("    order: random", "    order: shuffled", "order: shuffled", "pages.pool.order", "must be as_written or random"),
    ("        once: true", "        one: true", "one: true", "pages.reasons.items[1].one", "did you mean “once”?"),
    ("        once: true", "        once: 1", "once: 1", "pages.reasons.items[1].once", "must be true or false"),
    # expressions
    ("show_if: wb_calm < 4", "show_if: wb_calm = 4", "wb_calm = 4", "items[1].show_if", "column 26: “=” means nothing here; write == to compare"),
    ("show_if: wb_calm < 4", "show_if: wb_clam < 4", "wb_clam < 4", "items[1].show_if", "column 18: “wb_clam” is no name that is known; did you mean “wb_calm”?"),
    ("show_if: wb_calm < 4", "show_if: >-\n          wb_calm < 4\n          and wb_mod > 1", "show_if: >-", "show_if", "character 17 of the expression: “wb_mod” is no name"),
    ("show_if: wb_calm < 4", "show_if: wb_calm", "show_if: wb_calm", "items[1].show_if", "true or false is needed"),
    ("show_if: wb_calm < 4", "show_if: true", "show_if: true", "items[1].show_if", "must be text; put it in quotes"),
    ("show_if: wb_calm < 4", "show_if: wb_energy < 4", "wb_energy < 4", "items[1].show_if", "wb_energy is asked only after this; move it before, or use last.wb_energy"),
    ("show_if: wb_calm < 4", "show_if: why == 'home'", "why == 'home'", "items[1].show_if", "why is itself shown only after this"),
    ("show_if: wb_calm < 4", "show_if: score.wb_state < 4", "score.wb_state < 4", "items[1].show_if", "wb_state is not complete here: wb_connected is asked only after this"),
    ("show_if: wb_calm < 4", "show_if: rses_1 == 'sa'", "rses_1 == 'sa'", "items[1].show_if", "rses_1 is in rses_a.yaml, which is not asked before checkin in the schedule checkin"),
    ("show_if: wb_calm < 4", "show_if: phase == 'a'", "phase == 'a'", "items[1].show_if", "has no phases"),
    ("show_if: wb_calm < 4", "show_if: last.why == 'hme'", "last.why == 'hme'", "items[1].show_if", "did you mean “home”?"),
    ("show_if: wb_calm < 4", "show_if: fact.wb_mood == 1", "fact.wb_mood", "items[1].show_if", "did you mean “wb_mood”?"),
    ('slot != "practice"', 'slot != "practise"', "practise", "pages.reasons.show_if", "slot is never “practise”; did you mean “practice”?"),
    ("wb_energy]\nscores", "wb_energy]\n    show_if: wb_mood > 7\nscores", "wb_mood > 7", "pages.pool.show_if", "can never be true (wb_mood is 1 to 7)"),
    ("show_if: wb_calm < 4", "show_if: wb_mood == 6", "wb_mood == 6", "items[1].show_if", "can never be true (slot is afternoon, evening, practice, unscheduled; wb_mood is 1 to 7)"),
    ("draw: 4\n    items: [se_satisfied, se_worth,", "draw: 4\n    items: [se_satisfied, {item: se_worth, show_if: se_satisfied < 3},", "se_satisfied < 3", "items[2].show_if", "stands in the same random order"),
    ("expression: 8 - wb_mood", "expression: wb_mood > 2", "id: low", "items.low.expression", "a number is needed"),
    ("expression: 8 - wb_mood", "expression: 8 - wb_energy", "id: low", "items.low.expression", "wb_energy is asked only after this"),
    # words with answers
    ("of {label.wb_mood}?", "of {label.wb_mod}?", "id: why", "items.why.text.en", "{label.wb_mod} can't be filled: “wb_mod” is no name"),
    ("of {label.wb_mood}?", "of {lable.wb_mood}?", "id: why", "items.why.text.en", "did you mean “{label.…}”?"),
    ("¿Por {label.wb_mood}", "¿Por {answer.wb_energy}", "id: why", "items.why.text.es", "wb_energy is asked only after this"),
    ("en: How you are", 'en: "{answer.why}"', "why}", "pages.first.title.en", "why is asked only after this"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "blamed", "field", "message"), [pytest.param(*row, id=row[1].strip()[:50]) for row in REFUSED]
)
def test_it_is_refused_with_file_line_field_and_remedy(change, tmp_path, old, new, blamed, field, message):
    findings = change((old, new))
    told = "\n".join(str(finding) for finding in findings)
    matching = [finding for finding in findings if message in finding.message]
    assert matching, f"nothing says “{message}”:\n{told}"
    path = tmp_path / "q" / "checkin.yaml"
    assert Path(matching[0].file) == path
    assert field in matching[0].field, told
    line = path.read_text().splitlines()[matching[0].line - 1]
    assert blamed in line, f"line {matching[0].line} is blamed: {line}"


def test_pages_and_sections_are_not_mixed(change):
    section = "sections:\n  - id: more\n    pages:\n      - {id: last, items: [wb_energy]}\nscores:\n"
    (finding,) = change((", wb_energy]", "]"), ("    draw: 4\n", ""), ("scores:\n", section))
    assert finding.message == "there are sections too; put these pages into a section of their own"


def test_an_item_may_not_bear_a_word_of_the_language_where_expressions_are_used(change):
    findings = change(
        ("id: wb_energy", "id: slot"), (", wb_energy]", ", slot]"), ("wb_connected, wb_energy", "wb_connected, slot")
    )
    assert any("“slot” is a word of its own in expressions" in finding.message for finding in findings)


pieces = st.sampled_from(
    [
        "wb_mood",
        "wb_calm",
        " < ",
        " and ",
        "not ",
        "(",
        ")",
        "3",
        "'a'",
        "[",
        "]",
        ", ",
        "mean(",
        "last.",
        " in ",
        '"',
        "\\\\",
        "{",
        "é",
    ]
)


@settings(max_examples=40)
@given(st.lists(pieces, max_size=12).map("".join))
def test_no_expression_whatever_breaks_the_check(tmp_path_factory, text):
    root = tmp_path_factory.getbasetemp() / "expressions"
    if not root.exists():
        shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.cases.yaml"))
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    form = (ROOT / "checkin.yaml").read_text().replace("items:\n", PAGES, 1).replace("scores:\n", PLACED, 1)
    (root / "checkin.yaml").write_text(form.replace("wb_calm < 4", f'"{quoted}"', 1))
    findings = validate(root / STUDY)
    assert all("show_if" in finding.field and finding.line for finding in findings)

"""Every instrument's worked cases give the scores that were worked out by hand."""

from __future__ import annotations

import pytest

from ema.domain.scoring import Scored, compute
from ema.domain.studyfile import load_questionnaire
from ema.domain.studyfile.marked import read
from questionnaires import ROOT

FILES = sorted(file for file in ROOT.glob("*.yaml") if not file.stem.endswith(".cases"))
FORMS = {file.stem: load_questionnaire(file) for file in FILES}
SCORED = [name for name, form in FORMS.items() if form.scores]
CASES = [
    pytest.param(name, case, id=f"{name}: {case['name']}")
    for name in SCORED
    for case in read(ROOT / f"{name}.cases.yaml").data["cases"]
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_worked_case(name, case):
    form = FORMS[name]
    items = {item.id: item for item in form.items}
    answers = {item_id: items[item_id].parse(str(raw)) for item_id, raw in case["answers"].items()}
    expected = [Scored(score.name, **case["scores"][score.name]) for score in form.scores]
    assert compute(form, answers) == expected
    assert case["scores"].keys() == {score.name for score in form.scores}


@pytest.mark.parametrize("name", SCORED)
def test_five_cases_at_least_with_the_boundaries_and_missing_items(name):
    cases = read(ROOT / f"{name}.cases.yaml").data["cases"]
    assert len(cases) >= 5
    for score in FORMS[name].scores:
        given = [case["scores"][score.name] for case in cases]
        values = {one["value"] for one in given}
        assert values >= {*score.range, None}, f"{score.name}: no case for an end of its range, or for no score"
        assert any(one["n_items"] < one["n_of"] for one in given)


@pytest.mark.parametrize("name", FORMS)
def test_its_provenance_is_stated_here_and_in_the_readme(name):
    provenance = FORMS[name].provenance
    assert all((provenance.source, provenance.citation, provenance.licence, provenance.recall, provenance.validation))
    readme = (ROOT / "README.md").read_text()
    row = next(line for line in readme.splitlines() if line.startswith(f"| `{name}.yaml`"))
    assert provenance.licence.lower() in row.lower()


def test_the_readmes_example_is_sound(tmp_path):
    example = (ROOT / "README.md").read_text().partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "tea.yaml").write_text(example)
    assert [item.type for item in load_questionnaire(tmp_path / "tea.yaml").items] == ["rating", "choice", "info"]

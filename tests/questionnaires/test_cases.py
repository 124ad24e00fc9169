"""Every instrument's worked cases give the scores that were worked out by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ema.domain.scoring import Score, Scored, compute
from ema.domain.studyfile import load_questionnaire
from ema.domain.studyfile.marked import read
from questionnaires import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

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


def beside(score: Score, at: float) -> tuple[float, float]:
    """The cut-off moved down and up, so that one more value of the score, and one fewer, reaches it."""
    if score.lookup:
        values = score.lookup.values()
        return max(value for value in values if value < at), min(value for value in values if value >= at) + 0.01
    step = score.multiply_by or 1
    return at - step, at + step


def mistakes(score: Score, leaves: frozenset[str]) -> Iterator[tuple[str, Score]]:
    """Small ones that somebody could make in a score, in words and made. `leaves` are items, in place of scores."""
    for item in score.items:
        if item in leaves:
            turned = {*score.reverse} ^ {item}
            yield f"{item} turned round", score.model_copy(update={"reverse": tuple(turned)})
        if len(score.items) > 1:
            others = tuple(other for other in score.items if other != item)
            yield f"without {item}", score.model_copy(update={"items": others})
    for at, cutoff in enumerate(score.cutoffs[1:], start=1):
        for moved in beside(score, cutoff.at):
            cutoffs = list(score.cutoffs)
            cutoffs[at] = cutoff.model_copy(update={"at": moved})
            yield f"{cutoff.label} from {moved:g}", score.model_copy(update={"cutoffs": tuple(cutoffs)})
    for needed in {score.needed - 1, score.needed + 1} & {*range(1, len(score.items) + 1)}:
        rule = score.missing.model_copy(update={"up_to": len(score.items) - needed})
        changed = {"minimum_answered": needed} if score.method == "mean" else {"missing": rule}
        yield f"{needed} are enough", score.model_copy(update=changed)


@pytest.mark.parametrize("name", SCORED)
def test_a_small_mistake_in_a_score_is_noticed_by_a_case(name):
    form, cases = FORMS[name], read(ROOT / f"{name}.cases.yaml").data["cases"]
    items = {item.id: item for item in form.items}
    given = [{key: items[key].parse(str(raw)) for key, raw in case["answers"].items()} for case in cases]

    def scored(changed: Score) -> list[object]:
        scores = tuple(changed if score.name == changed.name else score for score in form.scores)
        try:
            return [compute(form.model_copy(update={"scores": scores}), answers) for answers in given]
        except KeyError as beyond:  # a sum that no lookup table knows
            return [beyond]

    unnoticed = [
        f"{score.name}: {words}"
        for score in form.scores
        for words, changed in mistakes(score, frozenset(items))
        if scored(changed) == scored(score)
    ]
    assert unnoticed == []


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

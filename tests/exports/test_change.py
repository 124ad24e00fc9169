"""How far a score lies from the person's own baseline, in the table of scores."""

import csv
from datetime import timedelta

from ema import exports
from ema.domain.scoring import Cutoff
from ema.exports.records import Person, ScoreRecord
from tests.exports.people import DUE, PERSON, STUDY, data_set, prompt, rows


def once(number, schedule, days):
    at = DUE + timedelta(days=days)
    return prompt(
        number, schedule=schedule, slot_key=f"once:{schedule}", kind="once", counts=False, due_at=at, state="completed"
    )


def score(number, value, name="rses", mode=""):
    return ScoreRecord(number, name, value, 10, 10, imputed=False, mode=mode)


def found(*scores, study=STUDY, prompts=None):
    prompts = prompts or (once(1, "baseline", 0), prompt(2, state="completed"), once(3, "exit", 29))
    data = data_set(Person(PERSON, prompts, (), scores), study=study)
    names = ("baseline", "change", "n_baseline", "meaningful")
    return [tuple(row[name] for name in names) for row in rows(data, "scores")]


NOTHING = (None, None, None, None)


def with_rule(**changes):
    form = STUDY.questionnaires["rses_a"]
    rule = form.scores[0].model_copy(update=changes)
    forms = {**STUDY.questionnaires, "rses_a": form.model_copy(update={"scores": (rule,)})}
    return STUDY.model_copy(update={"questionnaires": forms})


def test_the_last_set_is_compared_with_the_first_of_the_same_person():
    assert found(score(1, 18.0), score(3, 21.5)) == [NOTHING, (18.0, 3.5, 1, None)]


def test_a_published_size_says_whether_the_change_matters():
    study = with_rule(meaningful_change=4)
    assert found(score(1, 18.0), score(3, 21.5), study=study)[1] == (18.0, 3.5, 1, 0)
    assert found(score(1, 18.0), score(3, 14.0), study=study)[1] == (18.0, -4.0, 1, 1)


def test_without_a_baseline_of_hers_nothing_is_said():
    assert found(score(3, 21.5)) == [NOTHING]
    assert found(score(1, None), score(3, 21.5)) == [NOTHING, NOTHING]
    assert found(score(1, 18.0), score(3, 21.5), study=STUDY.model_copy(update={"baseline": ()})) == [NOTHING, NOTHING]


def test_only_what_was_begun_after_the_whole_baseline_is_compared():
    study = STUDY.model_copy(update={"baseline": ("baseline", "still_ok")})
    prompts = (once(1, "baseline", 0), once(2, "consent_again", 2), once(3, "still_ok", 14), once(4, "exit", 29))
    scores = (score(1, 10.0), score(2, 14.0), score(3, 20.0), score(4, 21.0))
    assert found(*scores, study=study, prompts=prompts) == [NOTHING, NOTHING, NOTHING, (15.0, 6.0, 2, None)]


def test_a_baseline_from_the_slider_is_none_for_the_row():
    assert found(score(1, 18.0, mode="slider"), score(3, 21.0, mode="row"))[1] == (None, None, 0, None)
    assert found(score(1, 18.0, mode="row"), score(3, 21.0, mode="row"))[1] == (18.0, 3.0, 1, None)


def test_a_band_is_the_label_of_the_cut_off_that_was_reached():
    study = with_rule(cutoffs=(Cutoff(at=0, label="low"), Cutoff(at=15, label="middle")))
    data = data_set(Person(PERSON, (once(1, "baseline", 0),), (), (score(1, 15.0),)), study=study)
    assert [row["band"] for row in rows(data, "scores")] == ["middle"]


def test_the_codebook_says_what_is_compared_in_this_study_and_what_it_does_not_mean(tmp_path):
    exports.write(data_set(), "csv", tmp_path)
    with (tmp_path / "codebook.csv").open(encoding="utf-8", newline="") as file:
        rule = next(row["scoring_rule"] for row in csv.DictReader(file) if row["name"] == "change")
    assert "her scores of baseline." in rule
    assert "exit (rses, ons4_satisfied, ons4_worthwhile, ons4_happy, ons4_anxious)" in rule
    assert "not an effect of taking part" in rule
    assert rule in " ".join((tmp_path / "README.txt").read_text("utf-8").split())

"""The researcher's page of a study: trends and pictures from a frame of scores."""

import pandas as pd
import pytest

from analysis import figures, study
from analysis.compliance import compliance
from analysis.errors import AnalysisError

from .test_compliance import WEEK


@pytest.fixture
def scores(diary):
    frame = diary(persons=14, prompts=40)
    return frame.assign(study_day=(frame["obs"] + 1) // 2, position=frame["obs"], name="wb_state", n_items=4).rename(
        columns={"who": "participant", "day": "time", "score": "value", "name": "score"}
    )


def test_the_group_trend_is_on_study_day_and_slot_with_ar1(scores):
    found = study.group_trend(scores)["wb_state"]
    assert found.result.residual == "ar1"
    assert found.table["name"].tolist() == ["intercept", "time", "slot[pm]"]
    assert "per day" in found.sentence
    assert found.mark == "not clinically monitored"
    assert found.picture.svg.startswith("<svg")


def test_too_few_data_have_a_plain_reason(scores):
    found = study.group_trend(scores[scores["participant"] == "P01"])["wb_state"]
    assert found.result is None
    assert found.sentence.startswith("No group trend of wb_state yet: only one person")
    assert found.table.empty
    assert study.group_trend(scores.head(0)) == {}


def test_one_slot_alone_needs_no_contrast(scores):
    found = study.group_trend(scores[scores["slot"] == "pm"])["wb_state"]
    assert found.table["name"].tolist() == ["intercept", "time"]


def test_while_the_study_is_open_no_person_is_tested(scores):
    found = study.person_trends(scores, open_study=True)["wb_state"]
    assert all(row.headline is None for row in found.rows)
    assert "p" not in found.table.columns
    assert "No tests of single persons" in found.note
    closed = study.person_trends(scores, open_study=False)["wb_state"]
    assert any(row.headline for row in closed.rows)


def test_a_trend_is_shown_from_twenty_answered_prompts_on(scores):
    few = scores[(scores["participant"] != "P00") | (scores["position"] <= 15)]
    first, second = study.person_trends(few, open_study=True)["wb_state"].rows[:2]
    assert first.theil_sen is None
    assert "shown from 20 on" in first.reason
    assert second.theil_sen.low <= second.theil_sen.slope <= second.theil_sen.high


def test_scores_are_kept_apart(scores):
    both = pd.concat([scores, scores.assign(score="se_state")])
    assert list(study.person_trends(both, open_study=True)) == ["wb_state", "se_state"]


def test_a_missing_column_is_named(scores):
    with pytest.raises(AnalysisError, match="no column slot"):
        study.group_trend(scores.drop(columns="slot"))


def test_the_same_data_give_the_same_picture_with_words_beside_it(scores):
    def draw():
        group = study.group_trend(scores)["wb_state"].picture
        persons = study.person_trends(scores, open_study=True)["wb_state"].picture
        days = figures.compliance(compliance(WEEK))
        spread = figures.distribution(scores["value"].to_numpy(), score="wb_state")
        return [group, persons, days, spread]

    once, again = draw(), draw()
    assert [picture.svg for picture in once] == [picture.svg for picture in again]
    assert all(picture.text.endswith(".") and len(picture.text) > 60 for picture in once)
    assert not any("<dc:date>" in picture.svg for picture in once)


def test_pictures_of_nothing_say_so():
    assert "No prompt is past yet" in figures.compliance(compliance(WEEK.head(0))).text
    assert "No answers" in figures.distribution([], score="wb_state").text

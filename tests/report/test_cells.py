"""The small-cell rule: what points at few persons stands in no edition that is sent."""

import numpy as np
import pandas as pd
import pytest

from analysis.compliance import Rate, compliance
from analysis.report import recipes
from analysis.report.cells import FEWEST, Cells
from analysis.report.pictures import joined
from tests.report import written

SENT, INTERNAL = Cells(FEWEST), Cells(1)


def prompts(*groups):
    """(persons, state) → each of so many persons has one prompt that ended so; no person is in two groups."""
    rows = [f"{state}{at}" for persons, state in groups for at in range(persons)]
    frame = pd.DataFrame({"participant": rows, "state": [state for n, state in groups for _ in range(n)]})
    return frame.assign(kind="scheduled", study_day=1, n_shown=1, n_answered=1)


@pytest.mark.parametrize(
    ("n", "sent"), [(0, "0"), (1, "fewer than 10"), (9, "fewer than 10"), (10, "10"), (12, "10"), (13, "15")]
)
def test_persons_are_counted_in_fives_or_as_fewer_than_ten(n, sent):
    assert SENT.persons(n) == sent
    assert INTERNAL.persons(n) == f"{n}"


def test_ends_that_few_persons_met_with_are_put_together():
    frame = prompts((30, "completed"), (12, "declined"), (25, "missed"), (3, "paused"), (2, "quiet"))
    assert SENT.states(frame) == [("completed", 30, 30), ("declined or paused or quiet", 17, 17), ("missed", 25, 25)]
    assert [name for name, *_ in INTERNAL.states(frame)] == ["completed", "declined", "missed", "paused", "quiet"]


def test_few_that_are_alone_stay_a_row_of_which_only_the_persons_are_hidden():
    assert SENT.states(prompts((30, "completed"), (4, "missed"))) == [("completed", 30, 30), ("missed", 4, 4)]


@pytest.mark.parametrize(("paused", "shown"), [(0, True), (3, False), (9, False), (10, True)])
def test_a_rate_keeps_its_counts_to_itself_where_they_would_tell_of_few(paused, shown):
    frame = prompts((30, "completed"), (20, "missed"), (paused, "paused"))
    rate = Rate("answered of planned, without pauses", "", 30, 50)
    assert SENT.counted(rate, frame) is shown
    assert INTERNAL.counted(rate, frame)
    assert SENT.counted(Rate("answered of planned", "", 30, 50 + paused), frame)


def test_every_rate_that_leaves_something_out_says_so_to_the_rule():
    """A new rate of compliance must be looked at here before it can be sent."""
    from analysis.report.cells import LEFT_OUT

    frame = prompts((30, "completed"), (12, "missed")).assign(
        sent_at=pd.NaT, first_action_at=pd.NaT, finished_at=pd.NaT
    )
    names = {rate.name for rate in compliance(frame).rates}
    whole = {"answered of planned", "days with an answer", "items answered of items shown"}
    assert names == whole | LEFT_OUT.keys()


def test_bars_grow_until_enough_persons_belong_to_them():
    values = np.r_[np.full(3, 1.2), np.full(12, 2.5), np.full(11, 3.5), np.full(2, 4.9)]
    persons = np.arange(len(values))
    edges = np.arange(1.0, 6)
    assert joined(values, persons, edges, 1).tolist() == edges.tolist()
    assert joined(values, persons, edges, 10).tolist() == [1, 3, 5]
    assert joined(np.array([2.5] * 12), np.arange(12), edges, 10).tolist() == edges.tolist()


def test_one_persons_many_answers_make_no_bar_of_their_own():
    values = np.r_[np.full(40, 4.5), np.linspace(1, 3.9, 30)]
    persons = np.r_[np.zeros(40), np.arange(1, 31)]
    edges = joined(values, persons, np.arange(1.0, 6), 10)
    assert 4.0 not in edges


def test_nothing_is_said_of_the_scores_of_few():
    study, tables = written.about(FEWEST), written.tables(written.risen())
    nine = [f"P-{at:02}" for at in range(9)]
    few = recipes.Tables(*(frame[frame["participant"].isin(nine)] for frame in vars(tables).values()))
    found = recipes.everything(study, few)
    said = [found.answered, found.answering, found.patterns, found.shifts, found.quality]
    for one in found.scores:
        said += [one.alpha, one.two_level, one.general, one.icc, one.levels, one.movement, one.inertia]
        said += [one.trend, one.by_the_clock, one.persons]
        assert one.pictures == {}
    assert set(said) == {"it would stand on fewer than 10 persons"}
    assert found.pictures == {}
    assert recipes.numbers(found) == {}


def test_days_of_few_persons_are_left_out_of_compliance():
    tables = written.tables(written.risen())
    late = tables.prompts[(tables.prompts["study_day"] < 12) | tables.prompts["participant"].isin(["P-01", "P-02"])]
    sent = recipes.by_day(written.about(FEWEST), late).by_day
    assert sent["study_day"].max() == 11
    assert set(sent["participants"]) == {10}, "twelve, in fives"
    assert (100 * sent["answered_of_planned"]).round(6).apply(float.is_integer).all()
    assert recipes.by_day(written.about(1), late).by_day["study_day"].max() == 28

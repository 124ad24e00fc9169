"""Too little to tell something apart has a reason in the report, and no number."""

import pytest

from analysis import partition
from analysis.errors import NotEstimable
from analysis.report import recipes
from tests.report import written


def rows_of(keep):
    study, tables = written.about(1), written.tables(written.risen())
    rows = recipes.one_way(study, tables, study.scores[0])
    return rows[keep(rows)], study.scores[0]


@pytest.mark.parametrize(
    "keep", [lambda rows: rows["study_day"] == 1, lambda rows: rows["slot"] == "evening"], ids=["one day", "one slot"]
)
def test_days_that_can_t_be_told_from_persons_or_moments_get_no_share(keep):
    rows, score = rows_of(keep)
    with pytest.raises(NotEstimable, match="can't be told apart"):
        partition.levels(recipes.in_order(rows, score))

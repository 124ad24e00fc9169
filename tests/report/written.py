"""A small study in which self-esteem rises, and its report in both editions; made once for all tests that look at it."""

from functools import cache

from analysis.report import cells, code, document, recipes, sections
from ema.exports.frames import frame
from tests.report.demo import STUDY, Lived, people

RISE = 0.08
"""Points a day, on top of what each person was given."""
FLOW = sections.Flow(invited=23, joined=12, taking_part=3, finished=8, stopped=1, erased=2)


def about(fewest, *, closed=False):
    form = STUDY.questionnaires["checkin"]
    rules = sorted(form.scores, key=lambda score: score.name != STUDY.trend.primary)
    scores = tuple(recipes.Score(one.name, one.label, *one.range, one.items) for one in rules)
    return recipes.Study("twice_daily", 2, closed=closed, minimum=20, fewest=fewest, scores=scores)


def tables(lived):
    made = {table.name: frame(table) for table in lived.tables()}
    return recipes.typed(*(made[name] for name in ("prompts", "checkins", "scores")))


@cache
def risen():
    """Twelve people; the first never answers."""
    cast = [
        one.model_copy(
            update={
                "slopes": {name: slope + RISE * (name == "se_state") for name, slope in one.slopes.items()},
                "answering": min(at, 0.75),
            }
        )
        for at, one in enumerate(people("rise", 12))
    ]
    return Lived(cast)


@cache
def found(fewest):
    return recipes.everything(about(fewest), tables(risen()))


@cache
def page(fewest):
    study = about(fewest)
    it = sections.Report(
        about=study,
        tables=tables(risen()),
        found=found(fewest),
        flow=FLOW,
        cells=cells.Cells(fewest),
        days=28,
        instruments=(("Check-in", "Written for this project.", "CC0-1.0", "adapted, unvalidated"),),
        truths={"se_state": {"time": RISE}},
        code=code.code(study),
    )
    cover = document.Cover("Twice daily", "twice_daily", "open", 3, "a" * 64, "b" * 16, "3 April 2026", simulated=True)
    return document.page(cover, it)

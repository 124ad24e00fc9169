"""A made-up study's records, without a database."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from ema.domain.studyfile import load_study
from ema.exports import asking
from ema.exports.base import DataSet
from ema.exports.instruments import instruments
from ema.exports.records import AnswerRecord, CourseRecord, Person, PersonRecord, PromptRecord, ScoreRecord
from ema.exports.tables import tables

STUDY = load_study(Path(__file__).parents[2] / "questionnaires" / "studies" / "twice_daily.yaml")
DUE = datetime(2026, 3, 28, 21, 40, tzinfo=UTC)
ITEMS = [item.id for item in STUDY.questionnaires["checkin"].items]

PERSON = PersonRecord(
    participant="P-één",
    standing="active",
    language="en",
    timezone="Europe/London",
    hours_preset="late",
    day_starts="06:00",
    arm=None,
    protocol_version=STUDY.version,
    first_date=date(2026, 3, 27),
    ended_at=None,
    end_reason=None,
    test=False,
    simulated=True,
)
PROMPT = PromptRecord(
    id=1,
    schedule="checkin",
    slot="evening",
    slot_key="2.1",
    kind="scheduled",
    counts=True,
    study_day=2,
    position=4,
    timezone="Europe/London",
    local_date=date(2026, 3, 28),
    opens_at=DUE,
    due_at=DUE,
    expires_at=DUE + timedelta(hours=4),
    protocol_version=STUDY.version,
    state="missed",
    reason="no response",
    sent_at=DUE + timedelta(seconds=2.5),
    first_action_at=None,
    finished_at=None,
    n_items=7,
    n_shown=0,
    n_answered=0,
    late_processed=False,
)


def prompt(number, **changes):
    return replace(PROMPT, id=number, **changes)


def answered(prompt_id, *given, revision=1, start=DUE + timedelta(minutes=5)):
    """Answers to the check-in's items in order: a number, or a status for no answer."""
    return tuple(
        AnswerRecord(
            prompt=prompt_id,
            questionnaire="checkin",
            item=item,
            revision=revision,
            status="answered" if isinstance(value, int) else value,
            value=value if isinstance(value, int) else None,
            language="en",
            place=place,
            shown_at=start + timedelta(seconds=5 * place),
            answered_at=start + timedelta(seconds=5 * place + 4),
            late_processed=False,
        )
        for place, (item, value) in enumerate(zip(ITEMS, given, strict=False), start=1)
        if value is not None
    )


def course(answers, items=None, **outcomes):
    """The course of a prompt that these answers went; an item without any was not reached, where nothing else is said."""
    first = {one.item: one for one in sorted(answers, key=lambda one: -one.revision)}
    last = {one.item: one for one in sorted(answers, key=lambda one: one.revision)}
    return CourseRecord(
        order=tuple(items or ITEMS),
        shown_at={name: one.shown_at for name, one in first.items()},
        outcomes=dict.fromkeys(items or ITEMS, "not_reached")
        | {name: one.status for name, one in last.items()}
        | outcomes,
    )


def gave(prompts, answers, scores=(), **outcomes):
    """The usual person with these prompts; each that has answers went its course."""
    by_prompt = {prompt.id: [one for one in answers if one.prompt == prompt.id] for prompt in prompts}
    courses = {number: course(hers, **outcomes) for number, hers in by_prompt.items() if hers}
    return Person(PERSON, tuple(prompts), tuple(answers), tuple(scores), courses)


class People:
    def __init__(self, *people):
        self._people = people

    def people(self, *, answers=False, scores=False):
        for one in self._people:
            with_answers = {} if answers else {"answers": (), "courses": {}, "media": {}}
            yield replace(one, **with_answers, scores=one.scores if scores else ())


def data_set(*people, study=STUDY, media=()):
    columns = instruments([study])
    return DataSet(
        study_id=STUDY.id,
        title=STUDY.title,
        study_state="open",
        protocol_version=STUDY.version,
        protocol_sha256=study.sha256(),
        days=28,
        prompts_a_day=2,
        generated_at=DUE + timedelta(days=3),
        data_version="v",
        simulated=any(one.about.simulated for one in people),
        tables=tables(People(*people), columns),
        series=columns.series(),
        orders={form.id: asking.order(form) for form in columns.questionnaires.values()},
        media=lambda: iter(media),
    )


def usual():
    """Two people: one answered a check-in fully and one partly, the other answered nothing."""
    done = prompt(
        1,
        state="completed",
        reason=None,
        first_action_at=DUE + timedelta(minutes=5),
        finished_at=DUE + timedelta(minutes=6),
        n_shown=7,
        n_answered=7,
    )
    left = prompt(2, slot_key="3.0", study_day=3, position=5, state="partial", reason="=1+1", n_shown=3, n_answered=2)
    first = gave(
        (done, left, prompt(3, slot_key="3.1", study_day=3, position=6)),
        (*answered(1, 4, 5, 6, 7, 1, 2, 3), *answered(2, 4, "prefer_not", 2)),
        (ScoreRecord(1, "wb_state", 3.5, 4, 4, imputed=False), ScoreRecord(1, "se_state", 14 / 3, 3, 3, imputed=False)),
    )
    second = Person(
        replace(PERSON, participant="=P-two", timezone="Pacific/Auckland"),
        (prompt(4, timezone="Pacific/Auckland", state="undelivered", reason="blocked", sent_at=None),),
    )
    return data_set(first, second)


def rows(data, table):
    """The rows of a table as dicts."""
    found = data.table(table)
    names = [column.name for column in found.columns]
    return [dict(zip(names, row, strict=True)) for block in found.blocks() for row in block]

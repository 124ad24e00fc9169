"""The people of the demo, who answer at once: its cast and its minds, without the two weeks of ticks around them.

Who answers what comes from `ema.simulation`; whether a note is answered is a coin with each person's own chance, so
that no phone and no database is needed. The records go through the real export.
"""

from datetime import timedelta

import questionnaires
from ema.commands.demo import DAYS, JOINING_DAYS, PEOPLE, SEED
from ema.commands.simulate import START
from ema.domain.localtime import local_date_of
from ema.domain.planning import plan
from ema.domain.scoring import compute
from ema.domain.studyfile import load_study
from ema.exports.instruments import instruments
from ema.exports.records import AnswerRecord, CourseRecord, Person, PersonRecord, PromptRecord, ScoreRecord
from ema.exports.tables import tables
from ema.simulation.answers import Mind
from ema.simulation.people import Model, cast

STUDY = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
PLANNED = (
    "schedule",
    "slot",
    "slot_key",
    "study_day",
    "local_date",
    "opens_at",
    "due_at",
    "expires_at",
)
END = START + timedelta(days=DAYS)


def people(seed=SEED, number=PEOPLE):
    return cast(STUDY, number, start=START, joining_days=JOINING_DAYS, seed=seed, model=Model())


class Lived:
    """Everybody's records, as the export reads them."""

    def __init__(self, cast_, protocol=STUDY, model=None):
        self.protocol = protocol
        self._people = [self._person(at, one, model or Model()) for at, one in enumerate(cast_)]

    def people(self, *, answers=False, scores=False):
        return iter(self._people)

    def tables(self):
        return tables(self, instruments([self.protocol]))

    def _person(self, number, one, model):
        preferences = self.protocol.preferences(one.preset, one.timezone)
        first = local_date_of(one.joins_at, preferences) + timedelta(days=1)
        mind, form = Mind(one, self.protocol, model), self.protocol.questionnaires["checkin"]
        days = range(1, self.protocol.days + 1)
        slots = plan(self.protocol, one.name, first, preferences, days, joined_at=one.joins_at)
        prompts, answers, scores, courses = [], [], [], {}
        for slot in (slot for slot in slots if slot.schedule == "checkin" and slot.due_at < END):
            key = number * 1000 + len(prompts) + 1
            chance = one.rng("coin", key)
            place = ("afternoon", "evening").index(slot.slot)
            answered = chance.random() < one.answering - model.fall_a_week * (slot.study_day // 7)
            at = slot.due_at + timedelta(minutes=chance.lognormvariate(2, 0.9))
            took = timedelta(seconds=sum(chance.lognormvariate(1.2, 0.4) for _ in form.items))
            course, given = {}, {}
            for item in form.items if answered else ():
                status = "skipped" if chance.random() < model.skip_item else "answered"
                course[item.id] = status
                value = None
                if status == "answered":
                    options = [option.value for row in item.ask().rows for option in row]
                    given[item.id] = value = item.parse(mind.choose(item, options, at))
                answers.append(AnswerRecord(key, form.id, item.id, 1, status, value, "en", len(course), at, at, False))
            if answered:
                courses[key] = CourseRecord(tuple(course), dict.fromkeys(course, at), course)
                scores += [
                    ScoreRecord(key, score.name, score.value, score.n_items, score.n_of, score.imputed)
                    for score in compute(form, given)
                ]
            prompts.append(
                PromptRecord(
                    id=key,
                    kind="scheduled",
                    counts=True,
                    position=(slot.study_day - 1) * 2 + place + 1,
                    timezone=one.timezone,
                    protocol_version=self.protocol.version,
                    state="completed" if answered else "missed",
                    reason=None if answered else "no response",
                    sent_at=slot.due_at,
                    first_action_at=at if answered else None,
                    finished_at=at + took if answered else None,
                    n_items=len(form.items),
                    n_shown=len(course),
                    n_answered=len(given),
                    late_processed=False,
                    **{name: getattr(slot, name) for name in PLANNED},
                )
            )
        about = PersonRecord(
            f"P-{number:02}",
            "active",
            "en",
            one.timezone,
            one.preset,
            "06:00",
            None,
            self.protocol.version,
            first,
            None,
            None,
            False,
            True,
        )
        return Person(about, tuple(prompts), tuple(answers), tuple(scores), courses)

"""The edition to share: nobody stands in it by name, date, place or a rare answer, and what is analysed stays exact."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest

from ema.domain.items.text import Text
from ema.exports.instruments import instruments
from ema.exports.shared import FEWEST, WEEKS, Shared, TooFew
from ema.exports.tables import tables
from ema.services.export import export
from ema.store.engine import open_database
from tests.exports.people import DUE, PERSON, STUDY, People, answered, data_set, gave, prompt, rows
from tests.web import factories

MINUTE = timedelta(minutes=1)


def person(number, *more, **about):
    """She answered two check-ins, one on each side of the night on which the clocks change."""
    one, other = 10 * number + 1, 10 * number + 2
    prompts = [
        prompt(one, state="completed", first_action_at=DUE + MINUTE, finished_at=DUE + 2 * MINUTE),
        prompt(other, state="completed", due_at=DUE + timedelta(hours=23), local_date=date(2026, 3, 29), study_day=3),
    ]
    hers = gave(prompts, (*answered(one, 1 + number % 7, 5), *answered(other, 6, 2)))
    given = tuple(said(one, *answer) for answer in more)
    return replace(hers, about=replace(PERSON, participant=f"real-{number:02}", **about), answers=hers.answers + given)


def said(number, questionnaire, item, value):
    (first, *_) = answered(number, 1)
    return replace(first, questionnaire=questionnaire, item=item, value=value)


WORDS = Text(type="text", id="exit_words", text={"en": "Anything else?"})
EXIT = STUDY.questionnaires["exit"]
ASKS_FOR_WORDS = STUDY.model_copy(
    update={"questionnaires": STUDY.questionnaires | {"exit": EXIT.model_copy(update={"items": (*EXIT.items, WORDS)})}}
)


def shared(people, seed=1):
    columns = instruments([ASKS_FOR_WORDS])
    source = Shared(People(*people), columns, Random(seed))
    return replace(data_set(*people), tables=tables(source, columns), shared=True)


CROWD = [person(number) for number in range(12)]


def test_pseudonyms_and_numbers_are_new_and_join_the_tables():
    found = shared(CROWD)
    names = {row["participant"] for row in rows(found, "prompts")}
    assert names == {f"P{number:02}" for number in range(1, 13)}
    numbers = [row["prompt"] for row in rows(found, "prompts")]
    assert len(set(numbers)) == len(numbers) == 24
    assert {row["prompt"] for row in rows(found, "answers")} == set(numbers)
    assert {row["participant"] for row in rows(found, "participants")} == names


def test_another_edition_draws_anew():
    def dates(seed):
        return {row["participant"]: row["first_date"] for row in rows(shared(CROWD, seed), "participants")}

    assert dates(1) != dates(2)


def test_dates_are_moved_by_whole_weeks_for_each_person_and_weekdays_and_clock_times_stay():
    moved = []
    for row in rows(shared(CROWD), "prompts"):
        due = datetime.fromisoformat(row["due_local"])
        assert (due.hour, due.minute) == (21, 40)
        assert row["local_date"].isoweekday() == (7 if row["study_day"] == 3 else 6)
        assert due.date() == row["local_date"]
        if row["study_day"] == 2:
            moved.append((row["local_date"] - date(2026, 3, 28)).days)
    assert all(days % 7 == 0 and abs(days) <= 7 * WEEKS for days in moved)
    assert len(set(moved)) > 6


def test_what_lies_between_two_times_of_a_prompt_is_exact():
    def spans(data):
        of_prompts = [
            (row["send_delay_s"], row["response_latency_s"], row["duration_s"]) for row in rows(data, "prompts")
        ]
        return Counter(of_prompts + [row["seconds"] for row in rows(data, "answers")])

    assert spans(shared(CROWD)) == spans(data_set(*CROWD))


def test_the_order_of_a_persons_prompts_stays():
    for name in {row["participant"] for row in rows(shared(CROWD), "prompts")}:
        due = [row["due_at"] for row in rows(shared(CROWD), "prompts") if row["participant"] == name]
        assert all(before < after for before, after in pairwise(due))


def test_ratings_and_scores_stay_as_they_are():
    def told(data):
        return Counter((row["item"], row["value"]) for row in rows(data, "answers"))

    assert told(shared(CROWD)) == told(data_set(*CROWD))


def test_where_somebody_is_and_what_few_share_is_not_told():
    people = [*CROWD, person(12, timezone="Pacific/Auckland", language="pl", day_starts="14:00")]
    found = rows(shared(people), "participants")
    assert {row["timezone"] for row in found} == {"UTC"}
    assert Counter(row["language"] for row in found) == {"en": 12, "few": 1}
    assert Counter(row["day_starts"] for row in found) == {"06:00": 12, "few": 1}
    assert "Pacific/Auckland" not in str(rows(shared(people), "prompts"))


def test_words_of_her_own_and_rare_choices_are_withheld_and_common_ones_are_not():
    people = [
        person(
            number, ("exit", "exit_change", "better" if number else "worse"), ("exit", "exit_words", "by the bridge")
        )
        for number in range(11)
    ]
    found = rows(shared(people), "answers_all")
    assert Counter(row["value"] for row in found if row["item"] == "exit_change") == {"better": 10, None: 1}
    assert Counter((row["value"], row["status"]) for row in found if row["item"] == "exit_words") == {
        (None, "answered"): 11
    }


def test_a_study_of_few_makes_no_edition_to_share():
    with pytest.raises(TooFew, match=f"at least {FEWEST} people; there are 9"):
        shared(CROWD[:9])


def test_the_files_say_which_edition_they_are_and_hold_no_pseudonym_of_the_study(sqlite_url, vault, tmp_path):
    database = open_database(sqlite_url, durable=False)
    here = factories.installation(database, vault)
    factories.crowd(here, 10)
    export(here, "twice_daily", "csv", tmp_path / "study")
    export(here, "twice_daily", "csv", tmp_path / "share", to_share=Random(3))
    lines = (tmp_path / "study" / "twice_daily_participants.csv").read_text("utf-8-sig").splitlines()
    names = {line.split(",")[0] for line in lines[1:]}
    everything = "".join(file.read_text("utf-8-sig") for file in (tmp_path / "share").iterdir())
    assert len(names) == 10
    assert not [name for name in names if name in everything]
    assert "The edition to share." in everything
    database.close()

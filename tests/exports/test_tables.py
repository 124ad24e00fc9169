from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ema.exports.records import Person
from tests.exports import people
from tests.exports.people import DUE, ITEMS, PERSON, answered, course, data_set, gave, prompt, rows, usual


def test_every_planned_prompt_is_one_row():
    found = rows(usual(), "prompts")
    assert [row["prompt"] for row in found] == [1, 2, 3, 4]
    assert [row["state"] for row in found] == ["completed", "partial", "missed", "undelivered"]
    assert found[0]["send_delay_s"] == 2.5
    assert found[0]["duration_s"] == 60.0
    assert found[3]["sent_local"] is None


def test_local_times_follow_the_zone_and_the_clock_change():
    before, after = DUE, datetime(2026, 3, 29, 20, 40, tzinfo=UTC)
    found = rows(data_set(Person(PERSON, (prompt(1), prompt(2, due_at=after)))), "prompts")
    assert [row["due_local"] for row in found] == ["2026-03-28T21:40:00+00:00", "2026-03-29T21:40:00+01:00"]
    assert [row["due_at"] for row in found] == [before, after]


def test_an_item_without_an_answer_says_why():
    found = {row["item"]: row["status"] for row in rows(usual(), "answers") if row["prompt"] == 2}
    assert found == {
        "wb_mood": "answered",
        "wb_calm": "prefer_not",
        "se_satisfied": "answered",
        **dict.fromkeys(ITEMS[3:], "not_reached"),
    }


def test_what_became_of_an_item_is_what_was_stored():
    one = gave((prompt(1, state="completed"),), answered(1, 4, None, 6, 7, 1, 2), wb_calm="not_shown")
    found = {row["item"]: row["status"] for row in rows(data_set(one), "answers")}
    assert (found["wb_calm"], found["wb_energy"]) == ("not_shown", "not_reached")


def test_an_item_that_stood_on_her_screen_when_she_left_says_since_when():
    one = gave((prompt(1, state="partial"),), answered(1, 4))
    hers = one.courses[1]
    seen = replace(hers, shown_at={**hers.shown_at, ITEMS[1]: DUE})
    found = {row["item"]: row for row in rows(data_set(replace(one, courses={1: seen})), "answers")}
    on_screen, never = found[ITEMS[1]], found[ITEMS[2]]
    assert (on_screen["status"], on_screen["shown_at"], on_screen["answered_at"]) == ("not_reached", DUE, None)
    assert (never["status"], never["shown_at"]) == ("not_reached", None)


def test_items_stand_in_the_order_drawn_and_what_was_not_drawn_at_the_end():
    given = answered(1, 4, 5)
    drawn = [ITEMS[2], ITEMS[1], ITEMS[0]]
    hers = course(given, drawn, **{ITEMS[3]: "not_shown"})
    one = replace(gave((prompt(1, state="partial"),), given), courses={1: hers})
    found = rows(data_set(one), "answers")
    assert [(row["item"], row["place"]) for row in found] == [*zip(drawn, (1, 2, 3), strict=True), (ITEMS[3], None)]


def test_an_answer_to_what_is_no_longer_asked_is_empty_but_kept_among_all():
    given = answered(1, 4, 5)
    data = data_set(gave((prompt(1, state="completed"),), given, **{ITEMS[1]: "not_shown"}))
    row = next(row for row in rows(data, "answers") if row["item"] == ITEMS[1])
    assert (row["status"], row["value"], row["answered_at"]) == ("not_shown", None, None)
    assert row["shown_at"] == given[1].shown_at
    assert [row["number"] for row in rows(data, "answers_all") if row["item"] == ITEMS[1]] == [5.0]
    wide = rows(data, "checkins")[0]
    assert (wide[ITEMS[1]], wide[f"{ITEMS[1]}_status"]) == (None, "not_shown")


def test_prompts_that_were_not_started_have_no_items():
    assert {row["prompt"] for row in rows(usual(), "answers")} == {1, 2}


def test_the_last_revision_counts_and_all_are_kept():
    early, late = answered(1, 2, 5), answered(1, 7, revision=2, start=DUE + timedelta(minutes=9))
    data = data_set(gave((prompt(1, state="completed"),), (*early, *late)))
    first, second = rows(data, "answers")[:2]
    assert (first["number"], first["revision"]) == (7.0, 2)
    assert (first["answered_at"], first["changed_at"]) == (early[0].answered_at, late[0].answered_at)
    assert (first["shown_at"], first["seconds"]) == (early[0].shown_at, 4.0)
    assert second["changed_at"] is None
    assert [row["number"] for row in rows(data, "answers_all") if row["item"] == "wb_mood"] == [2.0, 7.0]
    assert rows(data, "checkins")[0]["wb_mood"] == 7


def test_checkins_are_wide_and_hold_only_what_was_answered():
    done, left = rows(usual(), "checkins")
    assert [done[item] for item in ITEMS] == [4, 5, 6, 7, 1, 2, 3]
    assert (done["wb_state"], done["wb_state_n"]) == (3.5, 4)
    assert (left["wb_calm"], left["wb_calm_status"]) == (None, "prefer_not")
    assert (left["wb_energy"], left["wb_energy_status"]) == (None, "not_reached")
    assert (left["rses_1"], left["rses_1_status"]) == (None, None)
    assert left["wb_state"] is None


def test_labelled_options_are_exported_as_their_codes():
    record = replace(answered(1, 4)[0], questionnaire="rses_a", item="rses_1", value="sa")
    begun = prompt(1, schedule="baseline", kind="once", counts=False, state="completed")
    one = replace(gave((begun,), (record,)), courses={1: course((record,), ("rses_1",))})
    row = rows(data_set(one), "checkins")[0]
    assert (row["rses_1"], row["rses_1_status"]) == (3, "answered")
    long = rows(data_set(one), "answers")[0]
    assert (long["value"], long["number"]) == ("sa", 3.0)


def test_participants_are_counted():
    first, second = rows(usual(), "participants")
    assert (first["n_counted"], first["n_completed"], first["n_partial"], first["n_days_answered"]) == (3, 1, 1, 2)
    assert second["n_completed"] == 0


def test_practice_and_unscheduled_checkins_know_their_items():
    for kind in ("practice", "unscheduled"):
        one = gave((prompt(1, schedule=kind, kind=kind, counts=False, state="partial"),), answered(1, 4))
        assert len(rows(data_set(one), "answers")) == len(ITEMS)


def test_no_column_can_hold_an_address():
    names = {column.name for table in usual().tables for column in table.columns}
    assert not names & {"address", "chat", "channel", "bot_id", "contact_preference", "worker"}
    assert len(people.rows(usual(), "answers")[0]) == len(usual().table("answers").columns)

"""Every denominator of compliance, on a week that can be counted by hand."""

import pandas as pd
import pytest

from analysis.compliance import compliance
from analysis.errors import AnalysisError

NOON = pd.Timestamp("2026-03-02 12:00", tz="UTC")


def prompts(*rows):
    """(participant, day, state[, kind]) with plausible times and items."""
    found = []
    for who, day, state, *kind in rows:
        answered = state in {"completed", "partial"}
        sent = state in {"completed", "partial", "declined", "missed", "unknown", "open"}
        at = NOON + pd.Timedelta(days=day)
        found.append(
            {
                "participant": who,
                "study_day": day,
                "slot": "afternoon",
                "kind": kind[0] if kind else "scheduled",
                "state": state,
                "reason": None,
                "due_at": at,
                "sent_at": at if sent else pd.NaT,
                "first_action_at": at + pd.Timedelta(minutes=10) if answered else pd.NaT,
                "finished_at": at + pd.Timedelta(minutes=12) if answered else pd.NaT,
                "n_shown": 7 if answered else 0,
                "n_answered": {"completed": 7, "partial": 3}.get(state, 0),
            }
        )
    return pd.DataFrame(found)


WEEK = prompts(
    ("a", 1, "completed"), ("a", 1, "partial"), ("a", 2, "missed"), ("a", 2, "paused"), ("a", 3, "paused"),
    ("b", 1, "declined"), ("b", 1, "undelivered"), ("b", 2, "quiet"), ("b", 3, "unknown"), ("b", 4, "planned"),
    ("b", 4, "open"), ("b", 4, "cancelled"), ("b", 1, "completed", "practice"), ("b", 1, "completed", "unscheduled"),
)  # fmt: skip


def test_every_denominator_is_counted_and_spelt_out():
    counted = {rate.name: (rate.part, rate.whole) for rate in compliance(WEEK).rates}
    assert counted == {
        "answered of planned": (2, 9),
        "answered of delivered": (2, 4),
        "answered of planned, without pauses": (2, 7),
        "answered of planned, without pauses and quiet": (2, 6),
        "completed of delivered": (1, 4),
        "days with an answer": (1, 6),
        "days with an answer, without pauses and quiet": (1, 4),
        "items answered of items shown": (10, 14),
        "partly answered of answered": (1, 2),
    }
    assert all(rate.rule.endswith(".") for rate in compliance(WEEK).rates)


def test_what_is_not_past_or_cancelled_is_counted_apart():
    found = compliance(WEEK)
    assert (found.pending, found.cancelled) == (2, 1)


def test_every_study_day_has_its_row_with_every_state():
    days = compliance(WEEK).by_day.set_index("study_day")
    assert days.index.tolist() == [1, 2, 3]
    assert days.loc[1, ["participants", "planned", "delivered", "answered", "undelivered"]].tolist() == [2, 4, 3, 2, 1]
    assert days.loc[1, "answered_of_planned"] == 0.5
    assert pd.isna(days.loc[3, "answered_of_delivered"])


def test_latency_is_in_minutes():
    first, whole = compliance(WEEK).latencies
    assert (first.n, first.median, whole.median) == (2, 10, 2)


def test_before_the_first_prompt_there_is_nothing_to_divide():
    found = compliance(WEEK[WEEK["state"] == "planned"])
    assert all(rate.rate is None for rate in found.rates)
    assert found.sentence == "No scheduled prompt is past yet."
    assert found.by_day.empty
    assert found.latencies[0].median is None
    assert compliance(WEEK.head(0)).by_day.empty


def test_an_unknown_state_or_a_missing_column_is_refused():
    with pytest.raises(AnalysisError, match="unknown states of prompts: lost"):
        compliance(prompts(("a", 1, "lost")))
    with pytest.raises(AnalysisError, match="no column state"):
        compliance(WEEK.drop(columns="state"))

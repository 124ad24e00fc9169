"""Who answered how much, with every denominator spelt out side by side.

Takes a frame with one row per planned prompt: participant, study_day, slot, kind, state, reason, due_at,
sent_at, first_action_at, finished_at (UTC or NaT), n_shown, n_answered. Only kind "scheduled" counts.
Nobody is left out for answering little.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

if TYPE_CHECKING:
    from collections.abc import Iterable

COLUMNS: tuple[str, ...] = (
    "participant",
    "study_day",
    "kind",
    "state",
    "sent_at",
    "first_action_at",
    "finished_at",
    "n_shown",
    "n_answered",
)
ANSWERED = frozenset({"completed", "partial"})
DELIVERED = ANSWERED | {"declined", "missed"}
PENDING = frozenset({"planned", "open"})
STATES = (*sorted(PENDING), *sorted(DELIVERED), "undelivered", "unknown", "paused", "quiet", "cancelled")


@dataclass(frozen=True)
class Rate:
    """One way of counting: a part of a whole, and the rule in plain words."""

    name: str
    rule: str
    part: int
    whole: int

    @property
    def rate(self) -> float | None:
        """The share, None where the whole is nothing."""
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Latency:
    """How long it took, in minutes; None where nothing was measured."""

    name: str
    rule: str
    n: int
    quartile_1: float | None
    median: float | None
    quartile_3: float | None
    percentile_90: float | None


@dataclass(frozen=True)
class Compliance:
    """`rates` overall; `by_day` counts of every state, and rates, one row per study day."""

    rates: tuple[Rate, ...]
    by_day: pd.DataFrame
    latencies: tuple[Latency, ...]
    pending: int
    cancelled: int
    sentence: str
    assumptions: tuple[str, ...] = ("nobody is left out for answering little",)

    @property
    def table(self) -> pd.DataFrame:
        """One row per way of counting: name, rule, part, whole, rate."""
        return pd.DataFrame([{**asdict(rate), "rate": rate.rate} for rate in self.rates])


def compliance(prompts: pd.DataFrame) -> Compliance:
    """Count the scheduled prompts."""
    absent = [column for column in COLUMNS if column not in prompts.columns]
    if absent:
        raise AnalysisError(f"the frame of prompts has no column {', '.join(absent)}")
    scheduled = prompts[prompts["kind"] == "scheduled"]
    strange = sorted(set(scheduled["state"]) - set(STATES))
    if strange:
        raise AnalysisError(f"unknown states of prompts: {', '.join(strange)}")
    state = scheduled["state"]
    past = scheduled[~state.isin(PENDING | {"cancelled"})]
    rates = _rates(past)
    return Compliance(
        rates=rates,
        by_day=_by_day(past),
        latencies=_latencies(past),
        pending=int(state.isin(PENDING).sum()),
        cancelled=int((state == "cancelled").sum()),
        sentence=_sentence(rates[0], rates[1]),
    )


def _rates(past: pd.DataFrame) -> tuple[Rate, ...]:
    state = past["state"]
    answered = int(state.isin(ANSWERED).sum())
    unpaused = past[state != "paused"]
    wanted = unpaused[unpaused["state"] != "quiet"]
    delivered = int(state.isin(DELIVERED).sum())
    days = past.assign(answered=state.isin(ANSWERED)).groupby(["participant", "study_day"])["answered"].any()
    sent_days = wanted.groupby(["participant", "study_day"]).size()
    shown = past[past["n_shown"] > 0]
    return (
        Rate(
            "answered of planned",
            "Completed or partly answered, of all planned prompts that are past, whatever became of them.",
            answered,
            len(past),
        ),
        Rate(
            "answered of delivered",
            "Completed or partly answered, of prompts that Telegram accepted"
            " (completed, partly answered, declined, missed).",
            answered,
            delivered,
        ),
        Rate(
            "answered of planned, without pauses",
            "As the first, leaving out prompts that fell into a pause that the participant had asked for.",
            answered,
            len(unpaused),
        ),
        Rate(
            "answered of planned, without pauses and quiet",
            "As before, leaving out also prompts not sent because the participant had long been silent.",
            answered,
            len(wanted),
        ),
        Rate(
            "completed of delivered",
            "Only fully answered prompts, of those that Telegram accepted: partly answered ones don't count.",
            int((state == "completed").sum()),
            delivered,
        ),
        Rate(
            "days with an answer",
            "Person-days with at least one answered prompt, of person-days with a past planned prompt.",
            int(days.sum()),
            len(days),
        ),
        Rate(
            "days with an answer, without pauses and quiet",
            "Person-days with at least one answered prompt, of person-days with a prompt that was neither"
            " paused nor quiet.",
            int(days.sum()),
            len(sent_days),
        ),
        Rate(
            "items answered of items shown",
            "Single questions answered, of those shown on the phone.",
            int(shown["n_answered"].sum()),
            int(shown["n_shown"].sum()),
        ),
        Rate(
            "partly answered of answered",
            "Prompts with some questions left out, of those answered at all; both kinds count as answered.",
            int((state == "partial").sum()),
            answered,
        ),
    )


def _by_day(past: pd.DataFrame) -> pd.DataFrame:
    """One row per study day: participants, planned, each final state, delivered, answered, rates."""
    final = [state for state in STATES if state not in PENDING and state != "cancelled"]
    counts = pd.crosstab(past["study_day"], past["state"]) if len(past) else pd.DataFrame(columns=final)
    counts = counts.reindex(columns=final, fill_value=0).astype(int)
    counts.index.name, counts.columns.name = "study_day", None
    participants = past.groupby("study_day")["participant"].nunique()
    days = pd.DataFrame({"participants": participants, "planned": counts.sum(axis=1)})
    days = days.join(counts)
    days["delivered"] = counts[sorted(DELIVERED)].sum(axis=1)
    days["answered"] = counts[sorted(ANSWERED)].sum(axis=1)
    wholes = {
        "answered_of_planned": days["planned"],
        "answered_of_delivered": days["delivered"],
        "answered_without_pauses": days["planned"] - days["paused"],
        "answered_without_pauses_and_quiet": days["planned"] - days["paused"] - days["quiet"],
    }
    for name, whole in wholes.items():
        days[name] = days["answered"] / whole.where(whole > 0)
    return days.reset_index()


def _latencies(past: pd.DataFrame) -> tuple[Latency, ...]:
    started = past.dropna(subset=["sent_at", "first_action_at"])
    done = past[past["state"].isin(ANSWERED)].dropna(subset=["first_action_at", "finished_at"])
    return (
        _latency(
            "sent to first tap",
            "Minutes from sending the prompt to the participant's first tap on it.",
            started["first_action_at"] - started["sent_at"],
        ),
        _latency(
            "first tap to end",
            "Minutes from the first tap to the last answer, for answered prompts.",
            done["finished_at"] - done["first_action_at"],
        ),
    )


def _latency(name: str, rule: str, spans: Iterable[pd.Timedelta]) -> Latency:
    minutes = np.array([span.total_seconds() / 60 for span in spans])
    if not len(minutes):
        return Latency(name, rule, 0, None, None, None, None)
    cuts = [float(cut) for cut in np.quantile(minutes, [0.25, 0.5, 0.75, 0.9])]
    return Latency(name, rule, len(minutes), *cuts)


def _sentence(planned: Rate, delivered: Rate) -> str:
    if not planned.whole:
        return "No scheduled prompt is past yet."
    text = f"{planned.part:,} of {planned.whole:,} planned prompts were answered ({_percent(planned)})"
    if delivered.whole:
        text += f"; of the {delivered.whole:,} delivered, {_percent(delivered)}"
    return text + "."


def _percent(rate: Rate) -> str:
    return f"{100 * rate.part / rate.whole:.0f} %"

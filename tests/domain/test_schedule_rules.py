"""Designs that can't be are refused with the line, the numbers, and what would fit; those that can be are accepted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from ema.domain.studyfile import load_study, validate
from questionnaires import ROOT

BASE = re.sub(
    r"\nschedules:\n.*?\n(?=silence:)", "\n", (ROOT / "studies" / "twice_daily.yaml").read_text(), flags=re.DOTALL
)
BASE = re.sub(r"\nhours:\n.*?\n(?=\S)", "\n", BASE, flags=re.DOTALL)
BASE = re.sub(r"\nquestionnaires: \[.*\]\n", "\nquestionnaires: [checkin]\n", BASE)
BASE = re.sub(r"\nbaseline: .*\n", "\n", BASE)

HOURS = """
hours:
  default: late
  presets:
    late:
      label: {en: Late, es: Tarde}
      day_starts: "06:00"
      windows:
        day: {start: "09:00", end: "21:00"}
        evening: {start: "21:30", end: "22:00"}
"""
ONE = """
schedules:
  - id: beep
    kind: random_window
    questionnaires: [checkin]
    windows: [day]
    open_for_minutes: 30
"""
SIX = ONE + "    prompts: 6\n    when_unfinished: replace\n"
TWO_ARMS = "\nallocation: {method: block, arms: {a: 1, b: 1}, block_sizes: [4, 6]}\n"
BURSTS = """
phases:
  - {id: burst, days: 7}
  - {id: rest, days: 7}
repeat_phases: 2
"""
FOLLOW = """
  - id: later
    kind: follow_up
    questionnaires: [checkin]
    after: beep
    when: wb_mood <= 2
    minutes: 120
    open_for_minutes: 60
"""


def again(line: str, schedule: str = ONE) -> str:
    """The schedule with one more line."""
    return f"{schedule}    {line}\n"


@pytest.fixture
def write(tmp_path: Path):
    for file in ROOT.glob("*.yaml"):
        shutil.copy(file, tmp_path)

    def written(*parts: str) -> Path:
        path = tmp_path / "mine.yaml"
        text = BASE + "".join(parts)
        path.write_text(text if any("hours:" in part for part in parts) else text + HOURS)
        return path

    return written


SOUND = [
    pytest.param([SIX, "\nminimum_gap_minutes: 60\nmax_prompts_a_day: 6\n"], id="six a day, an hour apart"),
    pytest.param([again("phases: [burst]"), BURSTS], id="bursts"),
    pytest.param([again("arms: [a]"), TWO_ARMS], id="for one arm"),
    pytest.param([again("weekdays: [6, 7]")], id="weekends"),
    pytest.param([again("days_a_week: 3")], id="three days a week"),
    pytest.param(
        [again("every_n_days: 2"), "\ncalendar: {starts_on: 2026-03-02}\n"], id="every other day, by calendar"
    ),
    pytest.param([ONE, FOLLOW], id="something that follows"),
    pytest.param([again("snooze: [15, tonight]\n    late_grace_minutes: 30")], id="snooze with a late grace"),
    pytest.param(
        [
            ONE + "  - {id: woke, kind: waking, questionnaires: [checkin], minutes_after: [30], jitter_minutes: 20, "
            "open_for_minutes: 60}\n"
            "  - {id: now, kind: event, questionnaires: [checkin], daily_cap: 5, open_for_minutes: 60}\n"
            '  - {id: meals, kind: fixed, questionnaires: [checkin], times: ["08:00", "12:00"], open_for_minutes: 60}\n'
            "  - {id: ends, kind: once, questionnaires: [checkin], at: evening, phase: burst, day: last, open_days: 1}\n",
            BURSTS,
        ],
        id="one of every kind",
    ),
]


@pytest.mark.parametrize("parts", SOUND)
def test_a_design_that_can_be_is_sound(write, parts):
    assert [str(finding) for finding in validate(write(*parts))] == []
    assert load_study(write(*parts)).schedules[0].id == "beep"


REFUSED = [
    # (parts, words in the blamed line, field, words of the message)
    ([SIX, "\nminimum_gap_minutes: 150\n"], "minimum_gap_minutes", "minimum_gap_minutes", "the 6 prompts of day 1 can't keep 150 minutes"),
    ([SIX, "\nminimum_gap_minutes: 150\n"], "minimum_gap_minutes", "minimum_gap_minutes", "at most 143 fits"),
    ([again("windows: [day, evening]", ONE.replace("    windows: [day]\n", "")), "\nminimum_gap_minutes: 710\n"], "minimum_gap", "minimum_gap_minutes", "when the clocks go forward by an hour; at most 690 fits"),
    ([SIX, "\nmax_prompts_a_day: 5\n"], "max_prompts_a_day", "max_prompts_a_day", "day 1 can have 6 prompts (6 of beep), and the most is 5"),
    ([ONE + FOLLOW.strip("\n") + "\n", "\nmax_prompts_a_day: 1\n"], "max_prompts", "max_prompts_a_day", "(1 of beep, 1 of later)"),
    ([ONE + FOLLOW.strip("\n").replace("120", "20") + "\n", "\nminimum_gap_minutes: 30\n"], "minutes: 20", "later.minutes", "choose 30 or more"),
    ([again("prompts: 6")], "open_for_minutes", "beep.open_for_minutes", "keep notes apart with minimum_gap_minutes: 30, or say"),
    ([ONE.replace("random_window", "fixed").replace("windows: [day]", 'times: ["12:00", "12:20"]')], "open_for", "beep.open_for_minutes", "of 12:00 can still be open when 12:20 starts, 20 minutes after"),
    ([again("prompts: 100", ONE).replace("[day]", "[evening]")], "prompts: 100", "beep.prompts", "100 don't fit into a window of 30 minutes"),
    ([again("reminders: [{after_minutes: 30}]")], "reminders", "reminders[1].after_minutes", "closed by then (30 minutes after it was due)"),
    ([again("reminders: [{after_minutes: 9, text: {en: Your study, es: Nota}}]")], "reminders", "text.en", "says “study”"),
    ([again("snooze: [15, 60]")], "snooze", "beep.snooze[2]", "late_grace_minutes: 31 or more"),
    ([again("snooze: [15, tomorrow]")], "snooze", "beep.snooze", "must be tonight"),
    ([again("late_grace_minutes: 5")], "late_grace", "late_grace_minutes", "for prompts that she put off"),
    ([again("days_a_week: 8")], "days_a_week", "days_a_week", "must be 7 or less"),
    ([again("weekdays: [6, 8]")], "weekdays", "weekdays[2]", "must be 7 or less"),
    ([again("weekdays: [6]\n    days_a_week: 2")], "id: beep", "beep", "days_a_week (2) is more than the 1 weekdays"),
    ([again("weekdays: [6]\n    last_day: 5")], "weekdays", "beep.weekdays", "for who begins on a Monday: days 1 to 5 have no Saturday" ),
    ([again("weekdays: [7]\n    last_day: 6"), "\ncalendar: {starts_on: 2026-03-02}\n"], "weekdays", "beep.weekdays", "when the study starts on 2026-03-02: days 1 to 6 have no Sunday"),
    ([again("first_day: 29")], "first_day", "beep.first_day", "the study has 28 days, and it begins on day 29"),
    ([again("first_day: 9\n    last_day: 8")], "id: beep", "beep", "first_day (9) lies after last_day (8)"),
    ([again("phases: [brust]"), BURSTS], "brust", "phases[1]", "did you mean “burst”?"),
    ([again("phases: [burst]")], "phases", "phases[1]", "is no phase of the study; there are none"),
    ([ONE, BURSTS.replace("repeat_phases: 2", "repeat_phases: 3")], "burst", "phases.burst", "never starts: its first day would be day 29 of 28, in round 3; the phases take 42 days"),
    ([ONE, BURSTS.replace("repeat_phases: 2", "repeat_phases: 1")], "days: 28", "days", "the phases take 14 days, not 28"),
    ([ONE, "\nrepeat_phases: 2\n"], "repeat_phases", "repeat_phases", "no phases to repeat"),
    ([ONE, BURSTS.replace("id: rest", "id: burst")], "burst", "phases.burst.id", "another phase burst"),
    ([ONE, BURSTS.replace("days: 7}\n  - {id: rest", "days: 7, arms: [a]}\n  - {id: rest"), TWO_ARMS], "days: 28", "days", "2 times over, take 14 days for the arm b"),
    ([again("arms: [c]"), TWO_ARMS], "arms", "arms[1]", "is no arm of the allocation; there are a, b"),
    ([again("arms: [a]")], "arms", "arms[1]", "is no arm of the allocation; there are none"),
    ([ONE, TWO_ARMS.replace("[4, 6]", "[4, 5]")], "allocation", "allocation.block_sizes", "a block of 5 doesn't divide by the arms' weights; 2, 4 or 6 do"),
    ([ONE, TWO_ARMS.replace(", block_sizes: [4, 6]", "")], "allocation", "allocation", "method: block needs block_sizes"),
    ([ONE, FOLLOW.replace("wb_mood", "wb_moody")], "wb_moody", "later.when", "did you mean “wb_mood”?"),
    ([ONE, FOLLOW.replace("wb_mood <= 2", "wb_mood <=")], "wb_mood <=", "later.when", "column"),
    ([ONE, FOLLOW.replace("wb_mood <= 2", "wb_mood > 7")], "wb_mood > 7", "later.when", "can never be true"),
    ([ONE, FOLLOW.replace("after: beep", "after: beeep")], "beeep", "later.after", "did you mean “beep”?"),
    ([ONE, FOLLOW.replace("after: beep", "after: later")], "after: later", "later.after", "follows itself: later after later"),
    ([ONE, FOLLOW.replace("wb_mood <= 2", 'phase == "burst"')], "phase ==", "later.when", "this study has no phases"),
    ([ONE + "  - {id: ends, kind: once, questionnaires: [checkin], at: evening, phase: burst, day: 8, open_days: 1}\n", BURSTS], "id: ends", "ends.day", "never comes: burst has 7 days, and this would be its day 8"),
    ([ONE + "  - {id: ends, kind: once, questionnaires: [checkin], at: evening, day: last, open_days: 1}\n"], "id: ends", "ends", "day: last needs a phase"),
    ([ONE, HOURS.replace('"21:30", end: "22:00"', '"21:30", end: "21:30"')], "21:30", "windows.evening", "the same time; give it some length"),
    ([ONE, "\ncalendar: {starts_on: soon}\n"], "starts_on", "calendar.starts_on", "must be a date such as 2026-03-29"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "blamed", "field", "message"), [pytest.param(*row, id=f"{row[2]}: {row[3][:30]}") for row in REFUSED]
)
def test_a_design_that_can_not_be_is_refused_with_line_numbers_and_remedy(write, parts, blamed, field, message):
    path = write(*parts)
    findings = validate(path)
    told = "\n".join(str(finding) for finding in findings)
    matching = [finding for finding in findings if message in finding.message]
    assert matching, f"nothing says “{message}”:\n{told}"
    found = matching[0]
    assert field in found.field, told
    assert found.line is not None
    assert blamed in path.read_text().splitlines()[found.line - 1], told


def test_a_gap_that_would_fit_is_the_one_that_is_named(write):
    (finding,) = validate(write(SIX, "\nminimum_gap_minutes: 400\n"))
    fits = int(re.search(r"at most (\d+) fits", finding.message)[1])
    assert validate(write(SIX, f"\nminimum_gap_minutes: {fits}\n")) == []
    assert len(validate(write(SIX, f"\nminimum_gap_minutes: {fits + 1}\n"))) == 1


def test_hours_of_her_own_must_leave_room_for_the_gap_too(write):
    own = "  own: {length_minutes: 30, at_least_apart_minutes: 300}\n"
    both = ONE.replace("windows: [day]", "windows: [day, evening]")
    (finding,) = validate(write(both, HOURS + own, "\nminimum_gap_minutes: 280\n"))
    assert "with hours of her own 300 minutes apart" in finding.message
    assert finding.message.endswith("at most 240 fits")
    assert validate(write(both, HOURS + own, "\nminimum_gap_minutes: 240\n")) == []


def test_a_condition_knows_what_its_source_does_not_ask(write):
    text = ONE.replace("[checkin]", "[ons4]")
    path = write(
        text + '  - {id: other, kind: fixed, questionnaires: [checkin], times: ["23:00"], open_for_minutes: 30}\n',
        FOLLOW,
    )
    path.write_text(
        path.read_text().replace("questionnaires: [checkin]\npractice", "questionnaires: [checkin, ons4]\npractice")
    )
    findings = [finding for finding in validate(path) if finding.field.endswith("later.when")]
    assert ["the schedule beep does not ask it" in finding.message for finding in findings] == [True]


def test_arms_have_schedules_of_their_own_that_need_not_find_room_together(write):
    two = again("arms: [a]") + ONE.split("schedules:\n")[1].replace("beep", "other") + "    arms: [b]\n"
    assert validate(write(two, TWO_ARMS, "\nmax_prompts_a_day: 1\nminimum_gap_minutes: 600\n")) == []

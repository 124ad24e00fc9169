"""The bundled study, word by word and minute by minute."""

from __future__ import annotations

from datetime import date, time

import pytest

from ema.domain.planning import plan
from ema.domain.studyfile import load_study
from questionnaires import ROOT

STUDY = load_study(ROOT / "studies" / "twice_daily.yaml")
CHECKIN, RSES, ONS4 = (STUDY.questionnaires[name] for name in ("checkin", "rses_a", "ons4"))


def minutes(clock: str) -> time:
    return time.fromisoformat(clock)


def labels(name: str) -> list[tuple[str, str | None]]:
    (item,) = STUDY.questionnaires[name].items
    return [(option.label.say("en"), option.then) for row in item.ask().rows for option in row]


# --- the check-in


@pytest.mark.parametrize(
    ("place", "item_id", "words", "low", "high"),
    [
        (0, "wb_mood", "How do you feel right now?", "very bad", "very good"),
        (1, "wb_calm", "How calm do you feel right now?", "not at all", "very"),
        (2, "se_satisfied", "Right now, I am satisfied with myself.", "not at all", "completely"),
        (3, "se_worth", "Right now, I feel I am a person of worth.", "not at all", "completely"),
        (4, "se_positive", "Right now, I take a positive attitude toward myself.", "not at all", "completely"),
        (5, "wb_connected", "How connected do you feel to other people right now?", "not at all", "very"),
        (6, "wb_energy", "How much energy do you have right now?", "none", "a lot"),
    ],
)
def test_the_check_in_asks(place, item_id, words, low, high):
    item = CHECKIN.items[place]
    ask = item.ask()
    assert (item.id, ask.text.say("en")) == (item_id, words)
    assert (ask.low.say("en"), ask.high.say("en")) == (low, high)
    assert [[option.value for option in row] for row in ask.rows] == [["1", "2", "3", "4", "5", "6", "7"]]


def test_the_check_in_has_seven_items_of_this_project_and_two_scores():
    assert len(CHECKIN.items) == 7
    assert (CHECKIN.provenance.licence, CHECKIN.provenance.validation) == ("CC0-1.0", "adapted, unvalidated")
    assert CHECKIN.seconds == 60
    wb_state, se_state = CHECKIN.scores
    assert (wb_state.name, wb_state.method, wb_state.needed) == ("wb_state", "mean", 3)
    assert wb_state.items == ("wb_mood", "wb_calm", "wb_connected", "wb_energy")
    assert (se_state.name, se_state.method, se_state.needed) == ("se_state", "mean", 2)
    assert se_state.items == ("se_satisfied", "se_worth", "se_positive")


def test_nothing_is_asked_that_would_create_a_duty_to_respond():
    assert STUDY.on_call_rota is False
    items = [item for form in STUDY.questionnaires.values() for item in form.items]
    assert not any(item.risk for item in items)
    assert not any(word in item.text.say("en").lower() for item in items for word in ("safe", "harm", "suicid", "dead"))
    assert not any(name.startswith(("phq", "gad")) for name in STUDY.questionnaires)


# --- Rosenberg and ONS4


def test_rosenberg_in_item_order_a_word_by_word():
    assert [item.text.say("en") for item in RSES.items] == [
        "On the whole, I am satisfied with myself.",
        "At times, I think I am no good at all.",
        "I feel that I have a number of good qualities.",
        "I am able to do things as well as most other people.",
        "I feel I do not have much to be proud of.",
        "I certainly feel useless at times.",
        "I feel that I'm a person of worth, at least on an equal plane with others.",
        "I wish I could have more respect for myself.",
        "All in all, I am inclined to feel that I am a failure.",
        "I take a positive attitude toward myself.",
    ]
    assert RSES.introduction.say("en") == "A standard set. Some sentences are blunt. Skip any."


def test_rosenberg_is_scored_by_the_published_key():
    for item in RSES.items:
        column = item.column("en")
        assert column.labels == {3: "Strongly agree", 2: "Agree", 1: "Disagree", 0: "Strongly disagree"}
    (score,) = RSES.scores
    assert score.reverse == ("rses_2", "rses_5", "rses_6", "rses_8", "rses_9")
    assert (score.method, score.range, score.missing.up_to) == ("sum", (0, 30), 2)
    assert "convention" in RSES.provenance.validation


def test_ons4_word_by_word_and_without_a_composite():
    assert [item.text.say("en") for item in ONS4.items] == [
        "Overall, how satisfied are you with your life nowadays?",
        "Overall, to what extent do you feel that the things you do in your life are worthwhile?",
        "Overall, how happy did you feel yesterday?",
        (
            "On a scale where 0 is 'not at all anxious' and 10 is 'completely anxious', overall, how anxious did you "
            "feel yesterday?"
        ),
    ]
    for item in ONS4.items:
        rows = [[option.value for option in row] for row in item.ask().rows]
        assert rows == [["0", "1", "2", "3", "4", "5"], ["6", "7", "8", "9", "10"]]
    assert [score.items for score in ONS4.scores] == [("ons4_1",), ("ons4_2",), ("ons4_3",), ("ons4_4",)]


# --- questions about taking part


def test_day_2_asks_whether_it_is_still_ok_to_take_part():
    assert STUDY.questionnaires["consent_again"].items[0].text.say("en") == "Is it still OK to take part?"
    assert labels("consent_again") == [("Yes", None), ("Not sure, ask someone", "contact"), ("Stop", "stop")]
    assert STUDY.schedule("consent_again").days(STUDY.timeline()) == (2, 2)


def test_day_14_asks_whether_this_is_still_ok():
    assert STUDY.questionnaires["still_ok"].items[0].text.say("en") == "Is this still OK for you?"
    assert labels("still_ok") == [
        ("Yes", None),
        ("Change times", "times"),
        ("Pause", "pause"),
        ("Stop", "stop"),
        ("Ask someone to contact me", "contact"),
    ]
    assert STUDY.schedule("still_ok").days(STUDY.timeline()) == (14, 14)


def test_at_the_end_two_questions_look_back_and_a_bad_answer_offers_a_contact():
    change, trouble = STUDY.questionnaires["exit"].items
    assert change.text.say("en") == "Did taking part make things better, the same or worse?"
    assert trouble.text.say("en") == "Did the messages cause you any trouble?"
    then = {o.value: o.then for item in (change, trouble) for row in item.ask().rows for o in row}
    assert then == {
        "better": None,
        "same": None,
        "worse": "contact",
        "no": None,
        "a_little": "contact",
        "yes": "contact",
    }


# --- time


@pytest.mark.parametrize(
    ("preset", "day_starts", "afternoon", "evening"),
    [
        ("late", "06:00", ("15:00", "15:30"), ("21:30", "22:00")),
        ("early", "06:00", ("10:00", "10:30"), ("20:00", "20:30")),
        ("nights", "14:00", ("17:00", "17:30"), ("03:00", "03:30")),
    ],
)
def test_hours(preset, day_starts, afternoon, evening):
    hours = STUDY.hours.presets[preset]
    assert hours.day_starts == minutes(day_starts)
    spans = {name: (window.start, window.end) for name, window in hours.windows.items()}
    assert spans == {"afternoon": tuple(map(minutes, afternoon)), "evening": tuple(map(minutes, evening))}


def test_the_default_hours_and_hours_of_her_own():
    assert STUDY.hours.default == "late"
    assert (STUDY.hours.own.length_minutes, STUDY.hours.own.at_least_apart_minutes) == (30, 300)


def test_28_days_56_prompts_open_four_hours_with_one_silent_reminder():
    checkin = STUDY.schedule("checkin")
    assert (STUDY.days, checkin.days(STUDY.timeline()), checkin.slot_names()) == (28, (1, 28), ("afternoon", "evening"))
    slots = plan(STUDY, "x", date(2026, 5, 1), STUDY.preferences("late", "Europe/London"), range(1, 29))
    prompts = [slot for slot in slots if slot.schedule == "checkin"]
    assert len(prompts) == 56
    assert {(slot.expires_at - slot.due_at).total_seconds() / 3600 for slot in prompts} == {4}
    assert [(reminder.after_minutes, reminder.silent) for reminder in checkin.reminders] == [(60, True)]
    assert STUDY.finish_within_minutes == 30


def test_only_the_check_in_counts():
    assert [schedule.id for schedule in STUDY.schedules if schedule.counts] == ["checkin"]
    assert STUDY.practice == STUDY.unscheduled == ("checkin",)
    assert (STUDY.trend.scores, STUDY.trend.minimum_answered) == (("wb_state", "se_state"), 20)


def test_the_baseline_is_offered_at_joining_until_day_3_ends():
    baseline = STUDY.schedule("baseline")
    assert (baseline.questionnaires, baseline.delivery) == (("rses_a", "ons4"), "offer")
    assert (baseline.at, baseline.until_day) == ("enrolment", 3)


def test_the_exit_set_comes_on_days_29_to_35_with_one_reminder():
    last = STUDY.schedule("exit")
    assert (last.questionnaires, last.delivery) == (("rses_a", "ons4", "exit"), "note")
    assert (last.day, last.until_day, len(last.reminders)) == (29, 35, 1)


def test_silence_is_never_a_withdrawal():
    silence = STUDY.silence
    assert (silence.note_after_missed, silence.offer_after_days) == (4, 7)
    assert (silence.quiet_after_days, silence.hello_every_days) == (14, 7)


# --- words


def test_a_notification_says_nothing():
    assert STUDY.note.root == {"en": "You have a note.", "es": "Tienes una nota."}


POINTS = {
    "two sets a day": "two short sets of questions a day, for 28 days",
    "one minute": "about one minute",
    "refusing or stopping changes no service": "It will not change any help or service that you get.",
    "nobody watches": "Nobody watches your answers as they come in.",
    "it does not keep her safe": "This does not keep you safe. If you are in danger, call 999.",
    "no answer makes us call": "No answer makes us call anyone.",
    "confidential except": "kept private. There is one limit: {legal_duty}",
    "we do not know that it helps": "We do not know that this helps. Some people feel worse.",
    "researchers see no name": "The researchers see your answers, but not your name.",
    "the worker sees engagement": "Your worker sees only whether you answered, and never what you said.",
    "Telegram": "Telegram can read this chat. It may give your phone number and your internet address to the police",
    "the phone": "Anyone who holds your phone can see this chat.",
    "technology fails": "Phones and computers fail.",
    "keep or erase": "When you stop, you choose: we keep your answers, or we erase them.",
    "the freeze date": "You can have them erased until {freeze_date}.",
    "pay": "What you are paid, and how: {payment}",
}


@pytest.mark.parametrize("point", POINTS)
def test_the_consent_screens_carry_every_point(point):
    screens = " ".join(screen.text.say("en") for screen in STUDY.consent.screens)
    assert POINTS[point] in screens


def test_consent_asks_for_age_for_a_quiet_moment_and_for_health_data_by_itself():
    consent = STUDY.consent
    assert consent.age_question.say("en") == "Are you 18 or over?"
    assert consent.alone_question.say("en") == "Are you alone, and is it OK to decide now?"
    assert "health" not in consent.participation.say("en")
    assert "health data" in consent.health_data.say("en")


def test_help_lines_say_where_they_were_seen_and_claim_no_check_that_nobody_made():
    assert [line.contact for line in STUDY.help_lines] == [
        "999",
        "111, then 2",
        "116 123",
        "text 85258",
        "0800 068 4141",
        "0300 123 3393",
    ]
    assert all(line.source and line.last_verified is None for line in STUDY.help_lines)


def test_as_it_ships_it_is_piloting():
    assert len(STUDY.missing_to_open()) == 11

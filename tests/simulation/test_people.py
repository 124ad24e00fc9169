from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import correlation, mean, pstdev

import pytest

import questionnaires
from bot.render import decode
from ema.domain.studyfile import load_study
from ema.simulation.answers import FOLLOWS, LOW_IS_HIGH, Mind, moments
from ema.simulation.habits import STEP_SECONDS, Habits, step_after
from ema.simulation.people import Model, Person, cast

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def protocol():
    return load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")


def people(protocol, number=30, seed="1"):
    return cast(protocol, number, start=START, joining_days=26, seed=seed, model=Model())


def test_the_same_seed_gives_the_same_people(protocol):
    assert people(protocol) == people(protocol)
    assert people(protocol) != people(protocol, seed="2")


def test_a_person_comes_back_whole_from_what_is_stored(protocol):
    assert [Person.model_validate(one.model_dump(mode="json")) for one in people(protocol)] == people(protocol)


@pytest.mark.parametrize("seed", ["1", "2", "demo"])
def test_thirty_people_hold_what_the_demo_promises(protocol, seed):
    thirty = people(protocol, seed=seed)
    assert sum(one.answering == 0 for one in thirty) == 2
    assert sum(one.quiet_from is not None for one in thirty) == 1
    assert sorted(plan.do for one in thirty for plan in one.plans) == ["block", "contact", "pause", "stop", "times"]
    assert {one.language for one in thirty} == {"en", "es"}
    assert len({one.preset for one in thirty}) == 3
    assert len({one.joins_at for one in thirty}) == 30
    assert all(START < one.joins_at < START + timedelta(days=26) for one in thirty)
    assert len({one.name for one in thirty}) == 30


def test_the_group_slope_is_zero_and_persons_vary(protocol):
    slopes = [slope for one in people(protocol, 2000) for slope in one.slopes.values()]
    assert abs(mean(slopes)) < 4 * Model().slope_sd / len(slopes) ** 0.5
    assert pstdev(slopes) == pytest.approx(Model().slope_sd, rel=0.1)


def test_a_slope_shows_in_the_state_and_fluctuation_is_autocorrelated(protocol):
    person = people(protocol)[0].model_copy(update={"slopes": {"wb_state": 0.1, "se_state": 0.0}})
    still = Mind(person, protocol, Model(state_sd=0.0))
    first, last = (still.state("wb_state", person.joins_at + timedelta(days=day)) for day in (0, 20))
    assert last - first == pytest.approx(2.0)
    pairs = []
    for seed in range(40):
        mind = Mind(person.model_copy(update={"seed": f"{seed}"}), protocol, Model())
        path = [mind._fluctuation(position)["wb_state"] for position in range(56)]
        pairs += list(pairwise(path))
    assert correlation(*zip(*pairs, strict=True)) == pytest.approx(Model().phi, abs=0.08)


def test_answers_follow_the_state_also_where_items_are_reversed(protocol):
    one = people(protocol)[0]
    high, low = (
        Mind(one.model_copy(update={"levels": dict.fromkeys(one.levels, level)}), protocol, Model(state_sd=0.1))
        for level in (7.5, 0.5)
    )
    at = one.joins_at + timedelta(days=3)
    codes = ["sa", "a", "d", "sd"]
    for form, item, values, if_high, if_low in (
        ("checkin", "wb_mood", [str(n) for n in range(1, 8)], "7", "1"),
        ("rses_a", "rses_1", codes, "sa", "sd"),
        ("rses_a", "rses_2", codes, "sd", "sa"),
        ("ons4", "ons4_3", [str(n) for n in range(11)], "10", "0"),
        ("ons4", "ons4_4", [str(n) for n in range(11)], "0", "10"),
    ):
        asked = next(each for each in protocol.questionnaires[form].items if each.id == item)
        assert (high.choose(asked, values, at), low.choose(asked, values, at)) == (if_high, if_low)


def test_what_the_model_names_exists_in_the_bundled_study(protocol):
    scores = {score.name for form in protocol.questionnaires.values() for score in form.scores}
    assert scores >= LOW_IS_HIGH
    assert set(protocol.questionnaires) >= set(FOLLOWS)
    assert set(protocol.trend.scores) >= set(FOLLOWS.values())


def test_answering_falls_over_the_weeks_and_ends_when_she_goes_quiet(protocol):
    one = people(protocol)[0].model_copy(update={"answering": 0.8, "quiet_from": None})
    habits = Habits(one, protocol, Model(), decode)
    weekly = [habits.answers(one.joins_at + timedelta(weeks=week)) for week in range(4)]
    assert weekly == sorted(weekly, reverse=True)
    assert weekly[0] == 0.8
    quiet = Habits(one.model_copy(update={"quiet_from": one.joins_at}), protocol, Model(), decode)
    assert quiet.answers(one.joins_at) == 0


def test_moves_fall_on_whole_steps():
    at = datetime(2026, 3, 2, 6, 0, 3, 250_000, tzinfo=UTC)
    assert step_after(at) == datetime(2026, 3, 2, 6, 0, STEP_SECONDS, tzinfo=UTC)
    assert step_after(step_after(at)) == step_after(at)


# --- other designs


def design(name):
    return load_study(questionnaires.ROOT / "designs" / f"{name}.yaml")


@pytest.mark.parametrize(
    ("name", "clocks"),
    [
        ("six_a_day", "09:00 11:00 13:00 15:00 17:00 19:00"),
        ("two_arms", "09:00 11:00 13:00 15:00 17:00 19:00"),
        ("decision_points", "08:30 11:00 14:00 16:45 19:15"),  # 90 minutes ahead, or half-way from the one before
        ("night_worker", "16:00 20:30 04:30"),
        ("waking", "06:35 08:16 15:00 18:30"),
        ("events", "21:00"),
    ],
)
def test_a_moment_of_her_mind_belongs_to_each_prompt_of_a_day(name, clocks):
    study = design(name)
    begins = datetime.combine(START, study.hours.presets[study.hours.default].day_starts)
    found = [begins + timedelta(minutes=minute) for minute in moments(study, study.hours.default)]
    assert " ".join(f"{at:%H:%M}" for at in found) == clocks


def test_where_the_study_lets_her_something_happens_on_some_days(protocol):
    events = design("events")
    cast_of = cast(events, 30, start=START, joining_days=1, seed="1", model=Model())
    happened = [sum(plan.do == "checkin" for plan in one.plans) for one in cast_of if one.answering]
    assert 0.3 < mean(happened) / events.days < 0.5
    assert not any(plan.do == "checkin" for one in cast_of if not one.answering for plan in one.plans)
    assert not any(plan.do == "checkin" for one in people(protocol) for plan in one.plans)

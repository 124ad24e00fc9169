"""A check-in on one page, handed in at once: the same record as in the chat, once, or nothing."""

import threading
from datetime import timedelta

import pytest

from ema.domain.conversation.events import Handed, Reply
from ema.domain.items.number import Number
from ema.domain.items.voice import Voice
from ema.domain.localised import Localised
from ema.domain.questionnaire import Page as Part
from ema.domain.questionnaire import Placed
from ema.services import whole
from ema.services.app import Nothing, Saved
from ema.services.whole import Page
from ema.store import participants, sealed
from tests.services.sliding import SLIDING, kept
from tests.services.world import BOT_ID, BUNDLED, only, variant

ONE_IS_ENOUGH = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What the database has no part in."""
SEVEN = [item.id for item in BUNDLED.questionnaires["checkin"].items]


@pytest.fixture
def asked(world, anna):
    """Her check-in is begun, and all of it is on a page."""
    world.wait(hours=4)
    anna.tap("Start")
    return page(anna)


def page(someone):
    return whole.page(someone.world.here, BOT_ID, someone.address)


def hand_in(someone, prompt, given, opened=None):
    """`given` by item: what is answered, None to leave it out, or a reply as it is."""
    replies = {
        item: one if isinstance(one, Reply) else Reply("skip") if one is None else Reply("answer", str(one))
        for item, one in given.items()
    }
    shown = whole.hand_in(someone.world.here, whole.Paper(BOT_ID, someone.address, Handed(prompt, replies, opened)))
    someone.world.rest()
    return shown


def scores(someone, prompt):
    with someone.world.database.reading() as session:
        found = sealed.scores_of(session, someone.world.vault.person(someone.id), [prompt])
    return {one.name: (one.value, one.n_items) for one in found}


def with_items(*items, pages=()):
    form = BUNDLED.questionnaires["checkin"].model_copy(update={"items": items, "scores": (), "pages": pages})
    return only(variant(questionnaires={**BUNDLED.questionnaires, "checkin": form}), "checkin")


def number(name, text="How many?"):
    return Number(type="number", id=name, text=Localised({"en": text}), max=20)


@ONE_IS_ENOUGH
def test_the_page_asks_what_the_chat_would_ask_in_her_language(world, anna, asked):
    assert [one.item for one in asked.questions] == [item for item in asked_in_chat(anna) if item in SEVEN]
    assert asked.head == "7 short questions, about 1 min. Skip any."
    assert asked.questions[0].text in anna.last.text
    with world.database.transaction() as session:
        participants.change(session, anna.id, language="es")
    assert page(anna).language == "es"
    assert page(anna).questions[0].text != asked.questions[0].text


def asked_in_chat(someone):
    key = someone.world.vault.person(someone.id)
    with someone.world.database.reading() as session:
        (course,) = sealed.courses_of(session, key, [prompt.id for prompt in someone.prompts()]).values()
    return course.order


def test_one_page_is_a_whole_check_in_stored_scored_and_thanked_for(anna, asked):
    message = anna.last
    given = dict.fromkeys(SEVEN, 6) | {SEVEN[1]: None, SEVEN[2]: Reply("prefer")}
    assert hand_in(anna, asked.prompt, given) == Saved("en")
    assert [(item, status) for item, _, status, _ in kept(anna)] == sorted(
        (item, {SEVEN[1]: "skipped", SEVEN[2]: "prefer_not"}.get(item, "answered")) for item in SEVEN
    )
    (prompt,) = anna.prompts(id=asked.prompt)
    assert (prompt.state, prompt.n_items, prompt.n_shown, prompt.n_answered) == ("completed", 7, 7, 5)
    assert anna.last.id == message.id
    assert "Thank you" in anna.last.text


def test_it_is_the_same_record_as_by_tapping(world, anna, asked):
    hand_in(anna, asked.prompt, dict.fromkeys(SEVEN, 5))
    bea = world.joined("Bea")
    world.wait(days=1)
    bea.answer("5")
    (hers,) = bea.prompts(state="completed")
    assert scores(anna, asked.prompt) == scores(bea, hers.id)
    assert kept(anna) == kept(bea)


def test_it_begins_a_check_in_that_is_only_waiting(world, anna):
    world.wait(hours=4)
    prompt = anna.checkins()[0]
    assert page(anna) == Nothing("en")
    assert hand_in(anna, prompt.id, dict.fromkeys(SEVEN, 4)) == Saved("en")
    assert anna.checkins()[0].state == "completed"
    assert len(kept(anna)) == 7
    assert scores(anna, prompt.id)


def test_the_same_page_again_is_one_record_and_the_same_answer(world, anna, asked):
    given = dict.fromkeys(SEVEN, 6) | {SEVEN[0]: None}
    assert [hand_in(anna, asked.prompt, given) for _ in range(3)] == [Saved("en")] * 3
    assert len(kept(anna)) == 7
    assert world.count("score", prompt_id=asked.prompt) == len(scores(anna, asked.prompt))
    assert hand_in(anna, asked.prompt, given | {SEVEN[0]: 1}) == Nothing("en")
    assert len(kept(anna)) == 7


def test_handed_in_twice_at_the_same_moment_it_is_one_record(world, anna, asked):
    replies = {item: Reply("answer", "3") for item in SEVEN}
    said = []

    def send():
        said.append(whole.hand_in(world.here, whole.Paper(BOT_ID, anna.address, Handed(asked.prompt, replies))))

    both = [threading.Thread(target=send) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert said == [Saved("en"), Saved("en")]
    assert len(kept(anna)) == 7


def test_after_the_window_it_is_refused_kindly_and_nothing_is_kept(world, anna, asked):
    world.clock.move_to(anna.checkins()[0].expires_at + timedelta(hours=12))
    assert page(anna) == Nothing("en", "closed.note")
    assert hand_in(anna, asked.prompt, dict.fromkeys(SEVEN, 6)) == Nothing("en", "closed.note")
    assert kept(anna) == []
    assert not world.rows("score")
    assert "That one has closed" in anna.last.text


@ONE_IS_ENOUGH
def test_what_was_answered_in_the_chat_stays_and_the_page_goes_on_from_there(anna, asked):
    anna.tap("2")
    rest = page(anna)
    assert [one.item for one in rest.questions] == [one.item for one in asked.questions[1:]]
    assert hand_in(anna, rest.prompt, dict.fromkeys((one.item for one in rest.questions), 6)) == Saved("en")
    assert sorted(value for *_, value in kept(anna)) == [2, 6, 6, 6, 6, 6, 6]


@ONE_IS_ENOUGH
def test_a_page_handed_in_after_the_chat_went_on_is_a_new_revision(anna, asked):
    anna.tap("2")
    hand_in(anna, asked.prompt, dict.fromkeys(SEVEN, 6))
    first = asked.questions[0].item
    assert [one for one in kept(anna) if one[0] == first] == [(first, 1, "answered", 2), (first, 2, "answered", 6)]


@ONE_IS_ENOUGH
def test_nobody_hands_in_for_another(world, anna, asked):
    bea = world.joined("Bea")
    assert isinstance(hand_in(bea, asked.prompt, dict.fromkeys(SEVEN, 6)), Nothing)
    assert kept(anna) == kept(bea) == []
    assert whole.page(world.here, BOT_ID, "12345") == Nothing()


@ONE_IS_ENOUGH
def test_when_each_was_shown_is_when_the_page_was_opened_and_never_before_the_start(world, anna, asked):
    world.clock.move_to(world.now + timedelta(minutes=2))
    opened = world.now - timedelta(minutes=1)
    hand_in(anna, asked.prompt, dict.fromkeys(SEVEN[:3], 6), opened)
    hand_in(anna, asked.prompt, dict.fromkeys(SEVEN[3:], 6), opened - timedelta(days=3))
    shown = {row.item: row.shown_at for row in world.rows("answer")}
    assert {shown[item] for item in SEVEN[:3]} == {opened}
    assert all(shown[item] >= asked.opened for item in SEVEN)


@ONE_IS_ENOUGH
def test_after_she_stopped_or_erased_there_is_nothing(anna, asked):
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    assert page(anna) == hand_in(anna, asked.prompt, dict.fromkeys(SEVEN, 6)) == Nothing("en")
    assert kept(anna) == []


# --- conditions, words that can't be read, what a page can't carry


CONDITIONAL = with_items(
    number("drinks"), number("glasses", "You said {answer.drinks}. Of which size?"), number("hours"),
    pages=(Part(id="all", items=(Placed(item="drinks"), Placed(item="glasses", show_if="drinks > 3"), Placed(item="hours"))),),
)  # fmt: skip


@ONE_IS_ENOUGH
def test_a_question_that_hangs_on_an_answer_comes_on_the_next_page(make_world):
    anna = conditional(make_world)
    anna.tap("Start")
    first = page(anna)
    assert [one.item for one in first.questions] == ["drinks"]
    second = hand_in(anna, first.prompt, {"drinks": 5})
    assert isinstance(second, Page)
    assert [one.text for one in second.questions] == ["You said 5. Of which size?", "How many?"]
    assert "Of which size?" in anna.last.text  # the chat is there too
    assert hand_in(anna, first.prompt, {"glasses": 2, "hours": 7}) == Saved("en")


def test_what_does_not_apply_is_not_stored_whatever_was_handed_in(make_world):
    anna = conditional(make_world)
    given = {"drinks": 1, "glasses": 2, "hours": 7}
    assert [hand_in(anna, anna.checkins()[0].id, given) for _ in range(2)] == [Saved("en")] * 2
    assert kept(anna) == [("drinks", 1, "answered", 1), ("hours", 1, "answered", 7)]


@ONE_IS_ENOUGH
def test_with_one_answer_that_can_not_be_read_nothing_is_taken_and_all_stands_as_she_left_it(make_world):
    anna = conditional(make_world)
    prompt = anna.checkins()[0].id
    anna.tap("Start")
    again = hand_in(anna, prompt, {"drinks": "a lot"})
    (question,) = again.questions
    assert question.chosen == ("a lot",)
    assert "0" in question.refused
    assert kept(anna) == []


def conditional(make_world):
    world = make_world(CONDITIONAL)
    anna = world.joined("Anna")
    world.wait(hours=4)
    return anna


@ONE_IS_ENOUGH
def test_a_slider_on_a_page_is_the_sliders_measure(make_world):
    world = make_world(SLIDING)
    anna = world.joined("Anna")
    world.wait(hours=4)
    anna.tap("Start")
    shown = page(anna)
    assert [one.kind for one in shown.questions] == ["line", "one", "line"]
    assert hand_in(anna, shown.prompt, {"ease": "73/100", "wb_mood": 5, "rest": None}) == Saved("en")
    assert kept(anna)[0] == ("ease", 1, "answered", "73/100")


@ONE_IS_ENOUGH
@pytest.mark.parametrize(("protocol", "offered"), [(SLIDING, True), (None, False)])
def test_the_chat_offers_the_page_where_it_can_carry_everything_and_is_reached(make_world, protocol, offered):
    spoken = with_items(number("drinks"), Voice(type="voice", id="word", text=Localised({"en": "Say it."})))
    world = make_world(protocol or spoken, app_url="https://example.org/app")
    anna = world.joined("Anna")
    world.wait(hours=4)
    anna.tap("Start")
    assert ("All on one page" in anna.last.labels) is offered
    assert isinstance(page(anna), Page) is offered
    if offered:
        anna.tap("5")
        assert "All on one page" not in anna.last.labels


@ONE_IS_ENOUGH
def test_without_https_no_page_is_offered(anna, asked):
    assert "All on one page" not in anna.last.labels

"""From every state the ways out work, whatever was tapped before."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.conversation import COMMANDS
from ema.domain.conversation import effects as fx
from ema.domain.screen import Action
from tests.domain.conversation.talk import PROTOCOL, Talk


def test_pause_counts_hours_from_now_and_days_to_her_morning():
    talk = Talk.active()
    talk.command("pause")
    talk.press("Until tomorrow")
    assert talk.situation.paused_until is not None
    assert talk.situation.paused_until.isoformat() == "2026-05-13T05:00:00+00:00"  # 06:00 in London
    assert "Paused until" in talk.text
    talk.press("End the pause")
    assert talk.situation.paused_until is None


def test_stop_offers_pause_keep_and_erase_and_a_way_back():
    talk = Talk.active()
    talk.command("stop")
    assert {"Pause for a while", "Stop, and keep what I gave", "Stop, and erase everything"} <= set(talk.buttons)
    talk.press("Stop, and keep what I gave")
    assert talk.situation.standing == "stopped"
    talk.press("Come back")
    assert talk.situation.standing == "active"


def test_erasing_is_asked_once_more():
    talk = Talk.active()
    talk.command("stop")
    talk.press("Stop, and erase everything")
    assert talk.left is None
    talk.press("Yes, erase everything")
    assert talk.left == "erase"


def test_hide_clears_the_chat_and_puts_up_nothing():
    talk = Talk.active()
    effects = talk.command("hide")
    assert fx.Hide() in effects
    assert fx.Show() not in effects


def test_what_she_types_is_removed_and_answered_kindly():
    talk = Talk.active()
    effects = talk.type("hello?")
    assert fx.Forget(2) in effects
    assert "No person reads this chat" in talk.text
    assert {"Help", "Ask someone to contact me", "Carry on"} <= set(talk.buttons)


def test_typing_in_the_middle_of_a_question_does_not_lose_it():
    talk = Talk.active()
    prompt = talk.note()
    talk.tap(Action("start", prompt=prompt.id))
    talk.press("3")
    talk.type("one moment")
    assert talk.text.startswith("No person reads this chat. What you sent was deleted. Please use the buttons.")
    assert "2 of 7" in talk.text


def test_asking_for_contact_works_before_joining_too():
    talk = Talk.joining()
    talk.command("contact")
    talk.press("Yes, please")
    assert fx.AskContact("asked") in talk.done


def test_one_tap_resumes_after_a_long_silence():
    talk = Talk.active()
    talk.situation = replace(talk.situation, standing="quiet")
    talk.tap(Action("set", "home=resume"))
    assert talk.done.count(fx.Return()) == 1
    assert talk.situation.standing == "active"


def test_putting_off_by_command_ends_a_quiet_time_as_the_button_does():
    talk = Talk.active()
    prompt = talk.note()
    talk.situation = replace(talk.situation, standing="quiet")
    talk.command("later")
    assert fx.Return() in talk.done
    assert [effect.prompt for effect in talk.done if isinstance(effect, fx.Snooze)] == [prompt.id]


def test_putting_off_what_was_begun_promises_nothing():
    talk = Talk.active()
    prompt = talk.note()
    talk.tap(Action("start", prompt=prompt.id))
    talk.tap(Action("later", prompt=prompt.id))  # the button of an older note
    assert not [effect for effect in talk.done if isinstance(effect, fx.Snooze)]
    assert "What you gave is kept." in talk.text


def test_a_help_line_nobody_checked_lately_says_so():
    talk = Talk.active()
    talk.wait(days=400)
    talk.command("help")
    assert "Not checked lately" in talk.text


step = st.one_of(
    st.tuples(st.just("press"), st.integers(0, 40)),
    st.tuples(st.just("old"), st.integers(0, 400)),
    st.tuples(st.just("command"), st.sampled_from([*COMMANDS, "start", "hide", "me", "nonsense"])),
    st.tuples(st.just("type"), st.sampled_from(["hi", "London", "7", "", "🙂" * 50])),
    st.tuples(st.just("note"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 600)),
)


@settings(max_examples=150)
@given(st.lists(step, max_size=40), st.booleans())
def test_no_way_of_tapping_ends_in_a_dead_end(steps, joined):
    talk = Talk.active() if joined else Talk.joining()
    seen: list[Action] = []
    for kind, what in steps:
        buttons = list(talk.buttons.values())
        seen += buttons
        if kind == "press" and buttons:
            talk.tap(buttons[what % len(buttons)])
        elif kind == "old" and seen:
            talk.tap(seen[what % len(seen)])
        elif kind == "command":
            talk.command(what)
        elif kind == "type":
            talk.type(what)
        elif kind == "note" and talk.situation.standing == "active":
            talk.note()
        elif kind == "wait":
            talk.wait(minutes=what)
        if talk.left is not None:
            return
        assert talk.buttons, talk.text
        assert len(talk.text) < 4096
        assert talk.state == type(talk.state).model_validate_json(talk.state.model_dump_json())
    talk.command("help")
    assert "999" in talk.text
    talk.command("stop")
    assert "Carry on" in talk.buttons
    if talk.situation.standing == "active":
        talk.command("checkin")
        assert {"1", "7", "Skip this one"} <= set(talk.buttons)  # a new one, or on where she was
    assert PROTOCOL.title not in talk.text

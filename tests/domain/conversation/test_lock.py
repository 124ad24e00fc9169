"""Her PIN, as the dialogue knows it: what it stands before, whatever is tapped in whatever order."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.conversation import COMMANDS, PLACES, lock
from ema.domain.conversation import effects as fx
from ema.domain.screen import Action
from tests.domain.conversation.talk import Talk

RIGHT, WRONG = "2580", "1111"


def with_pin():
    talk = Talk.active()
    talk.command("pin")
    talk.press("Set a PIN")
    for digit in RIGHT * 2:
        talk.press(digit)
    assert "Your PIN is set." in talk.text
    return talk


def shut():
    talk = with_pin()
    talk.wait(minutes=10)
    return talk


def tap_pin(talk, digits=RIGHT):
    for digit in digits:
        talk.tap(Action("set", f"lock={digit}"))


def test_it_stays_open_for_ten_minutes_after_the_last_thing_she_did():
    talk = with_pin()
    for _ in range(5):
        talk.wait(minutes=9)
        talk.command("times")
        assert "Your times now" in talk.text
    talk.wait(minutes=10)
    assert "Please tap your PIN." in talk.text, "also where nothing happens"


def test_the_waits_grow_to_an_hour_and_no_further():
    waits = [lock.wait_after(wrong) for wrong in range(1, 10)]
    assert waits[:3] == [timedelta(0)] * 3
    assert waits[3:7] == [timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1)]
    assert set(waits[7:]) == {timedelta(hours=1)}
    assert waits == sorted(waits)


def test_an_old_keypad_is_no_way_round_the_wait():
    talk = shut()
    for _ in range(4):
        tap_pin(talk, WRONG)
    assert talk.state.lock.wait_until is not None
    tap_pin(talk)
    assert lock.shut(talk.state, talk.situation.now)
    talk.wait(minutes=1)
    tap_pin(talk)
    assert not lock.shut(talk.state, talk.situation.now)


def test_a_new_place_is_behind_the_pin_unless_it_is_named():
    talk = shut()
    for name in set(PLACES) - lock.NEVER_ASK - {"join.left", "join.young"}:
        talk.state = talk.state.go(name)
        assert "PIN" in talk.text, name
    assert set(PLACES) > lock.NEVER_ASK, "no name of a place that is gone"


def test_the_state_never_holds_the_whole_of_it():
    talk = shut()
    held = set()
    for digit in RIGHT + WRONG + RIGHT:
        talk.tap(Action("set", f"lock={digit}"))
        held.add(len(talk.state.digits))
    assert held == {0, 1, 2, 3}
    assert RIGHT not in talk.state.model_dump_json()


GUARDED = (
    fx.Picture, fx.Copy, fx.Reopen, fx.Begin, fx.Record, fx.Create, fx.Choose, fx.MakeCode, fx.Finish, fx.Edited,
)  # fmt: skip
step = st.one_of(
    st.tuples(st.just("press"), st.integers(0, 40)),
    st.tuples(st.just("old"), st.integers(0, 400)),
    st.tuples(st.just("command"), st.sampled_from([*COMMANDS, "start", "hide", "me"])),
    st.tuples(st.just("type"), st.sampled_from(["hi", "London", "7", RIGHT])),
    st.tuples(st.just("note"), st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 90)),
)


@settings(max_examples=100)
@given(st.lists(step, max_size=25), st.lists(step, max_size=25))
def test_without_the_pin_no_way_of_tapping_does_or_shows_what_it_guards(before, after):
    talk = with_pin()
    seen: list[Action] = []
    go(talk, before, seen)
    if talk.left is not None or talk.state.lock is None:
        return
    talk.command("hide")
    for one in after:
        if one[0] == "press" and "lock=" in str(list(talk.buttons.values())):
            digits = [button for button in talk.buttons.values() if button.value.startswith("lock=")]
            talk.tap(digits[0])  # only ever 1: never hers
        else:
            go(talk, [one], seen)
        if talk.left is not None:
            return
        assert lock.shut(talk.state, talk.situation.now)
        assert not [effect for effect in talk.done if isinstance(effect, GUARDED)]
        assert talk.state.place in lock.NEVER_ASK or "PIN" in talk.text or "try again" in talk.text
    talk.command("help")
    assert "999" in talk.text
    talk.command("stop")
    assert "Carry on" in talk.buttons


def go(talk, steps, seen):
    for kind, what in steps:
        if talk.left is not None:
            return
        buttons = [button for button in talk.buttons.values() if not button.value.startswith("pin")]
        seen += [button for button in buttons if not button.value.startswith("lock=")]
        if kind == "press" and buttons:
            talk.tap(buttons[what % len(buttons)])
        elif kind == "old" and seen:
            talk.tap(seen[what % len(seen)])
        elif kind == "command" and what != "pin":
            talk.command(what)
        elif kind == "type":
            talk.type(what)
        elif kind == "note" and talk.situation.standing == "active":
            talk.note()
        elif kind == "wait":
            talk.wait(minutes=what)

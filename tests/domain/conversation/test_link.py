"""A personal link, as the dialogue gives it: what she is told, and that nothing else is made of it."""

from ema.domain.conversation.effects import Link
from tests.domain.conversation.talk import Talk


def links(talk):
    return [effect for effect in talk.done if isinstance(effect, Link)]


def test_she_is_told_first_and_chooses_for_how_long():
    talk = Talk.active()
    talk.command("link")
    assert "any browser" in talk.text
    assert "within an hour" in talk.text
    assert "“Hide this” closes them." in talk.text
    assert links(talk) == []
    talk.press("For one week")
    assert links(talk) == [Link(7)]


def test_all_links_end_with_one_tap_and_she_is_back_where_she_was():
    talk = Talk.active()
    talk.command("link")
    talk.press("End all my links")
    assert links(talk) == [Link(None)]
    assert talk.text.startswith("No link of yours works now.")
    assert talk.state.place == "home"


def test_before_joining_there_is_nothing_to_open():
    talk = Talk.joining()
    talk.command("link")
    assert talk.state.place == "language"

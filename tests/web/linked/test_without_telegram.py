"""Taking part without Telegram: joining, answering and steering on a page that she looks at. Nothing here is sent."""

import pytest

from tests.web.linked.reader import Reader


@pytest.fixture
def reader(world, browser):
    """Somebody new with a browser of her own, each time it is called."""
    return lambda: Reader(world, browser())


@pytest.fixture
def rosa(world, reader):
    """She has joined on a Monday at noon, and her note is due in the afternoon."""
    return reader().join(world.invite()[0])


@pytest.fixture
def noted(world, rosa):
    """Her note is there, and she has not looked."""
    world.wait(hours=4)
    return rosa


# --- joining


def test_a_code_and_a_browser_are_enough_to_join_and_to_answer(world, rosa):
    assert rosa.row.standing == "active"
    assert (rosa.row.channel, rosa.row.bot_id) == ("page", 0)
    assert world.sent() == []
    world.wait(hours=4)
    rosa.look()
    assert "You have a note." in rosa.text
    rosa.tap("Start", *["5"] * 7)
    assert "Thank you" in rosa.text
    prompt = rosa.checkins()[0]
    assert (prompt.state, prompt.n_answered) == ("completed", 7)
    assert world.count("answer", prompt_id=prompt.id) == 7

"""Her PIN guards the pages, too: what asks for it in the chat is not shown there while it is shut."""

from ema.services import pin
from tests.services.test_pin import PEER, away, set_pin
from tests.web.linked.hands import do, home

NEEDED = "Your PIN is needed."


def test_nothing_of_hers_is_shown_while_it_is_shut_and_help_is(anna, page):
    set_pin(anna)
    assert NEEDED not in home(page)
    away(anna)
    assert NEEDED in home(page)
    assert NEEDED in page.post("/p/chart").text
    assert NEEDED not in page.post("/p/do", data={"place": "help", "do": "go|help|"}).text


def test_a_button_of_a_page_that_was_open_does_nothing_while_it_is_shut(anna, page):
    set_pin(anna)
    home(page)
    away(anna)
    assert NEEDED in do(page, "Start")
    assert anna.checkins()[0].n_items == 0


def test_a_tap_on_a_page_keeps_it_open(anna, page):
    set_pin(anna)
    for _ in range(2):
        home(page)
        away(anna, minutes=8)
        assert NEEDED not in do(page, "Help")
    assert NEEDED not in home(page)


def test_when_a_worker_takes_the_pin_away_older_links_open_nothing(world, anna, page):
    set_pin(anna)
    pin.reset(world.here, anna.id, PEER)
    assert page.get("/p/home").headers["location"] == "/p"

"""What follows from care rules on her pages: where no chat may be at hand, the page itself shows it."""

from html import unescape

import pytest
from sqlalchemy import select

from bot.sandbox.miniapp import init_data
from ema.domain.care import Care
from ema.store.rows import table_of
from ema.store.tables import Contact
from tests.services.world import World
from tests.web.linked.conftest import PUBLIC, STUDY
from tests.web.linked.hands import do, filled

HELP = "Thank you for telling us. You are not on your own."
FORM = STUDY.questionnaires["checkin"]
MARKED = FORM.model_copy(update={"items": tuple(item.model_copy(update={"risk": True}) for item in FORM.items)})
RULES = {
    "risk_items": [{"item": "wb_mood", "at_least": 6}],
    "on_call": [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "09:00", "end": "23:00"}],
}


@pytest.fixture
def world(database, vault, clock, tmp_path, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    changes = {"questionnaires": {**STUDY.questionnaires, "checkin": MARKED}, "care": Care.model_validate(RULES)}
    study = STUDY.model_copy(update={"on_call_rota": True, **changes})
    made = World(database, vault, clock, tmp_path, study, app_url=f"{PUBLIC}/app")
    yield made
    made.close()


def requests(world):
    table = table_of(Contact)
    with world.database.reading() as session:
        return session.execute(select(table.c.participant_id, table.c.state)).all()


def test_a_page_by_a_link_ends_with_help_and_a_person_can_be_asked_for_there(world, anna, page):
    anna.tap("Start")
    page.last = page.post("/p/whole/send", data=filled(page.post("/p/whole").text, "6")).text
    assert HELP in unescape(page.last)
    assert "999" in page.last
    assert "It is noted." in do(page, "Yes, please")
    assert requests(world) == [(anna.id, "open")]


def test_a_lower_answer_ends_as_ever(anna, page):
    anna.tap("Start")
    shown = page.post("/p/whole/send", data=filled(page.post("/p/whole").text, "5")).text
    assert HELP not in unescape(shown)
    assert "data-done" in shown


def test_the_mini_app_shows_it_too(world, anna, browser):
    client = browser()
    launch = {"init_data": init_data(anna.phone.chat.bot.account, anna.phone.chat.person)}
    anna.tap("Start")
    shown = client.post("/app/whole/send", data=launch | filled(client.post("/app/whole", data=launch).text, "6"))
    assert HELP in unescape(shown.text)
    world.rest()
    assert anna.last.text.startswith(HELP)

"""Peer workers have people of their own: theirs first, everybody one click away, nobody waits for who is off."""

import re

import pytest

from ema.domain.days_off import WEEKDAYS, NotADay, is_off, read_days
from ema.services import workers
from ema.store import audit, participants
from tests.web import factories
from tests.web.pages import post

SHOWN = re.compile(r'<li id="p-(P-\w+)"')


@pytest.fixture
def ana(crowded, visit):
    return visit(crowded, "peer")


@pytest.fixture
def bo(crowded, visit):
    return visit(crowded, "peer")


def number(client):
    return client.get("/api/v1/me").json()["id"]


def shown(client, show=""):
    return SHOWN.findall(client.get(f"/peers{show}").text)


def card(client, participant, show="?show=all"):
    page = client.get(f"/peers{show}").text
    return page.partition(f'id="p-{participant}"')[2].partition("</li>")[0]


def give(client, participant, to, **values):
    return post(client, f"/peers/{participant}/worker", to=str(to), **values)


def test_ones_own_come_first_then_nobodys_and_a_colleagues_are_one_click_away(crowded, ana, bo):
    give(ana, "P-dill", number(ana))
    give(bo, "P-ginger", number(bo))
    first = shown(ana)
    assert "P-ginger" not in first
    assert len(first) == 7
    assert first.index("P-basil") < first.index("P-dill"), "whoever asked comes before who is to be left in peace"
    give(ana, "P-fennel", number(ana))
    assert shown(ana)[0] == "P-fennel", "of those to check on, one's own"
    everyone = shown(ana, "?show=all")
    assert len(everyone) == 8
    assert everyone[-1] == "P-ginger"
    assert "P-ginger" in shown(ana, "?show=check")
    assert "<dd>you</dd>" in card(ana, "P-dill")
    assert f"<dd>{bo.get('/api/v1/me').json()['name']}</dd>" in card(ana, "P-ginger")
    assert "<dd>nobody yet</dd>" in card(ana, "P-basil")


def test_a_request_stands_in_everybodys_list_when_its_worker_is_off(crowded, ana, bo):
    give(ana, "P-basil", number(ana))
    give(ana, "P-cumin", number(ana))
    assert "P-basil" not in shown(bo)
    post(ana, "/peers/days-off", page="/peers/days-off", day=WEEKDAYS[factories.NOW.weekday()])
    assert "P-basil" in shown(bo)
    assert "P-cumin" not in shown(bo), "she asked for nobody"
    assert "off today" in card(bo, "P-basil", "")
    assert "Asked to be contacted" in card(bo, "P-basil", "")


def test_handing_over_to_a_colleague_and_a_page_that_is_out_of_date(crowded, ana, bo):
    give(ana, "P-dill", number(ana))
    assert f'value="{number(bo)}"' in card(ana, "P-dill")
    assert give(ana, "P-dill", number(bo), was=str(number(ana))).status_code == 200
    assert "<dd>you</dd>" in card(bo, "P-dill")
    late = give(ana, "P-dill", number(ana), was="0")
    assert late.status_code == 409
    assert "Nothing was changed. Please look again." in late.text
    with crowded.database.reading() as session:
        actions = [row.action for row in audit.newest(session)]
        assert audit.verify(session) is None
    assert any(action.startswith("handed over to peer") for action in actions)
    assert "took on" in actions


def test_who_would_like_somebody_else_is_shown_so_and_with_no_reason(crowded, ana, bo):
    give(ana, "P-dill", number(ana))
    with crowded.database.transaction() as session:
        workers.refuse(session, "P-dill", number(ana), crowded.clock.now())
    assert "<dd>nobody: would like somebody else</dd>" in card(bo, "P-dill", "")
    refused = give(ana, "P-dill", number(ana))
    assert refused.status_code == 409
    assert "No reason is asked." in refused.text
    assert give(bo, "P-dill", number(bo)).status_code == 200


def test_taking_more_than_one_may_have_is_refused_in_plain_words(crowded, ana):
    object.__setattr__(crowded, "settings", crowded.settings.model_copy(update={"caseload": 2}))
    for participant in ("P-anise", "P-basil"):
        give(ana, participant, number(ana))
    assert "You have 2 of at most 2 people." in ana.get("/peers").text
    refused = give(ana, "P-cumin", number(ana))
    assert refused.status_code == 409
    assert "has as many people as one worker may have (2)" in refused.text
    with crowded.database.reading() as session:
        assert participants.get(session, "P-cumin").worker_id is None


def test_days_off_are_ones_own_to_set_and_take_back(crowded, ana, bo):
    post(ana, "/peers/days-off", page="/peers/days-off", day="Sunday", first="2026-04-01", last="2026-04-03")
    page = ana.get("/peers/days-off").text
    assert re.findall(r'value="([\w-]+)" checked', page) == ["Sunday", "2026-04-01", "2026-04-02", "2026-04-03"]
    assert "checked" not in bo.get("/peers/days-off").text
    post(ana, "/peers/days-off", page="/peers/days-off", day="2026-04-02")
    assert re.findall(r'value="([\w-]+)" checked', ana.get("/peers/days-off").text) == ["2026-04-02"]
    assert post(ana, "/peers/days-off", page="/peers/days-off", first="soon").status_code == 422
    crowded.clock.move_to(factories.NOW.replace(month=5))
    post(ana, "/peers/days-off", page="/peers/days-off", day="2026-04-02")
    assert "checked" not in ana.get("/peers/days-off").text, "what is over is forgotten"


@pytest.mark.parametrize("role", ["researcher", "admin"])
def test_it_belongs_to_peer_workers(crowded, visit, ana, role):
    client, home = visit(crowded, role), {"researcher": "/studies", "admin": "/staff"}[role]
    assert client.get("/peers/days-off").status_code == 403
    assert post(client, "/peers/days-off", page=home, day="Sunday").status_code == 403
    assert post(client, "/peers/P-dill/worker", page=home, to=str(number(ana))).status_code == 403


def test_nobody_is_taken_without_our_own_form_or_by_a_wrong_name(crowded, ana):
    mine = str(number(ana))
    assert ana.post("/peers/P-dill/worker", data={"to": mine}).status_code == 403
    assert give(ana, "P-nobody", mine).status_code == 404
    assert give(ana, "P-dill", 999).status_code == 404


def test_what_a_day_off_is():
    days = read_days(["Monday", "2026-04-05"], "2026-12-31", "2027-01-01")
    assert days == {"Monday", "2026-04-05", "2026-12-31", "2027-01-01"}
    assert is_off(days, factories.NOW.date()), "a Monday"
    assert read_days([], "2026-04-05", "") == read_days([], "", "2026-04-05") == {"2026-04-05"}
    for chosen, first, last in (
        (["Someday"], "", ""),
        ([], "2026-04-05", "2026-04-04"),
        ([], "2026-01-01", "2027-01-01"),
    ):
        with pytest.raises(NotADay):
            read_days(chosen, first, last)

"""A peer worker helps somebody back in: a code for a new phone, and a PIN taken away. Nothing is seen, all is noted."""

import re

import pytest
from sqlalchemy import text

from ema.services import moving
from tests.web.pages import ORIGIN, post

CODE = re.compile(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}")


def test_a_code_is_on_the_page_once_and_kept_as_a_hash(crowded, visit):
    client = visit(crowded, "peer")
    page = post(client, "/peers/P-anise/code").text
    (code,) = CODE.findall(page)
    assert "It works once, for 2 days" in page
    assert f"/p#{code.replace('-', '')}" in page, "without Telegram it is an address"
    assert '<img src="data:image/svg+xml' in page
    assert not CODE.search(client.get("/peers").text)
    with crowded.database.reading() as session:
        (row,) = session.execute(text("SELECT participant_id, kind, code_hash FROM secret")).all()
        noted = session.execute(
            text("SELECT subject FROM audit WHERE action = 'gave out a code for a new phone'")
        ).scalar()
    assert (row.participant_id, row.kind) == ("P-anise", "issued")
    assert code.replace("-", "") not in row.code_hash
    assert noted == "participant:P-anise"


def test_a_second_one_ends_the_first(crowded, visit):
    client = visit(crowded, "peer")
    for _ in range(2):
        post(client, "/peers/P-anise/code")
    with crowded.database.reading() as session:
        assert session.execute(text("SELECT count(*) FROM secret")).scalar() == 1


def test_taking_a_pin_away_says_the_same_whether_there_was_one_or_not(crowded, visit):
    client = visit(crowded, "peer")
    page = post(client, "/peers/P-anise/pin").text
    assert "P-anise can go on without a PIN." in page
    with crowded.database.reading() as session:
        noted = session.execute(text("SELECT subject FROM audit WHERE action = 'reset a PIN'")).scalar()
    assert noted == "participant:P-anise"


@pytest.mark.parametrize("role", ["researcher", "admin"])
@pytest.mark.parametrize("what", ["code", "pin"])
def test_both_belong_to_peer_workers(crowded, visit, role, what):
    client = visit(crowded, role)
    assert client.post(f"/peers/P-anise/{what}", headers=ORIGIN).status_code == 403


@pytest.mark.parametrize("what", ["code", "pin"])
def test_nobody_of_that_name(crowded, visit, what):
    assert post(visit(crowded, "peer"), f"/peers/P-nobody/{what}").status_code == 404


def test_there_is_nothing_to_move_for_who_is_still_joining(crowded, visit):
    with crowded.database.transaction() as session:
        session.execute(text("UPDATE participant SET standing = 'joining' WHERE id = 'P-anise'"))
    answer = post(visit(crowded, "peer"), "/peers/P-anise/code")
    assert answer.status_code == 409
    assert moving.NotHere.__doc__ in answer.text

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import text

from ema.services import signin, staff
from ema.web.signin import PER_SECONDS, TRIES, Attempts, TooManyTries
from tests.web import factories
from tests.web.pages import ORIGIN, post

REAL = "2026-11-22T12:00:00Z"


def test_a_preview_does_not_use_the_link_up(here, visit):
    token = factories.link(here, "researcher")
    client = visit(here)
    for _ in range(3):
        assert client.get(f"/sign-in/{token}").status_code == 200
    assert client.post(f"/sign-in/{token}", headers=ORIGIN).url.path == "/studies"


def test_a_link_works_once(both, visit):
    token = factories.link(both, "peer")
    assert visit(both).post(f"/sign-in/{token}", headers=ORIGIN).status_code == 200
    again = visit(both).post(f"/sign-in/{token}", headers=ORIGIN)
    assert again.status_code == 403
    assert "has been used" in again.text


def test_a_link_lives_for_a_day(here):
    with time_machine.travel(REAL, tick=False) as now:
        token = factories.link(here, "peer")
        now.shift(timedelta(hours=24))
        with pytest.raises(signin.LinkRefused):
            signin.redeem(here, token)


def test_a_session_lasts_while_it_is_used(here):
    with time_machine.travel(REAL, tick=False) as now:
        session = signin.redeem(here, factories.link(here, "peer"))
        for _ in range(3):
            now.shift(timedelta(hours=11))
            assert signin.who(here, session).role == "peer"
        now.shift(timedelta(hours=12))
        assert signin.who(here, session) is None


def test_a_jump_of_the_demo_clock_signs_nobody_out(here):
    session = signin.redeem(here, factories.link(here, "peer"))
    here.clock.move_to(here.clock.now() + timedelta(days=30))
    assert signin.who(here, session) is not None


def test_only_hashes_of_tokens_are_stored(here):
    link = factories.link(here, "admin")
    session = signin.redeem(here, factories.link(here, "peer"))
    with here.database.reading() as reading:
        stored = repr(reading.connection().execute(text("SELECT * FROM sign_in")).all())
    assert "link" in stored
    assert link not in stored
    assert session not in stored


def test_a_disabled_person_is_out_at_once(both, visit):
    client = visit(both, "researcher")
    assert client.get("/studies").status_code == 200
    staff.disable(both, staff.everybody(both)[0].id, "installation")
    assert client.get("/studies").status_code == 401


def test_signing_out_ends_the_session(here, visit):
    client = visit(here, "peer")
    session = client.cookies["ema_session"]
    assert post(client, "/sign-out").status_code == 200
    assert signin.who(here, session) is None


def test_the_cookie_is_out_of_reach_of_scripts(here, visit):
    client = visit(here)
    answer = client.post(f"/sign-in/{factories.link(here, 'peer')}", headers=ORIGIN, follow_redirects=False)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


def test_the_cookie_is_secure_behind_https(here, visit):
    here = factories.installation(here.database, here.vault, "https://study.example")
    answer = visit(here).post(
        f"/sign-in/{factories.link(here, 'peer')}",
        headers={"origin": "https://study.example"},
        follow_redirects=False,
    )
    assert "secure" in answer.headers["set-cookie"].lower()


def test_a_foreign_page_cannot_use_a_link(here, visit):
    token = factories.link(here, "peer")
    client = visit(here)
    for origin in ({"origin": "https://evil.example"}, {"origin": "null"}, {}):
        assert client.post(f"/sign-in/{token}", headers=origin).status_code == 403
    assert client.post(f"/sign-in/{token}", headers=ORIGIN).status_code == 200


def test_tries_are_limited(here, visit):
    client = visit(here)
    found = [client.post("/sign-in/guess", headers=ORIGIN).status_code for _ in range(TRIES + 1)]
    assert found == [403] * TRIES + [429]


def test_the_limit_is_by_address_and_passes(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("ema.web.signin.time.monotonic", lambda: now[0])
    attempts = Attempts()
    for _ in range(TRIES):
        attempts.count("a")
    attempts.count("b")
    with pytest.raises(TooManyTries):
        attempts.count("a")
    now[0] += PER_SECONDS + 1
    attempts.count("a")


def test_names_are_given_once(both):
    staff.add(both, "Ana", "peer")
    with pytest.raises(staff.StaffRefused):
        staff.add(both, "Ana", "admin")
    with pytest.raises(staff.StaffRefused):
        staff.add(both, " ", "admin")
    with pytest.raises(staff.StaffRefused):
        staff.add(both, "Bo", "owner")
    with pytest.raises(staff.UnknownStaff):
        staff.named(both, "Bo")

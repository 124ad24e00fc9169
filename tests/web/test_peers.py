import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from ema.domain.wishes import Wishes
from ema.services import engagement
from ema.services.signin import Signed
from ema.store import audit, contacts, participants, sealed
from tests.web import factories
from tests.web.factories import Someone
from tests.web.pages import post

PEER = Signed(1, "Ana", "peer")


def everybody(here):
    return {one.participant: one for one in engagement.everybody(here, PEER)}


def test_replacing_every_answer_and_score_changes_no_byte(both, visit):
    factories.crowd(both)
    client = visit(both, "peer")
    pages = [f"/peers?show={show}" for show in ("all", "check", "asked", "silent", "paused")]
    before = [client.get(page).content for page in pages]
    api = client.get("/api/v1/engagement").content
    with both.database.transaction() as session:
        connection = session.connection()
        keys = both.vault.persons(row[0] for row in connection.execute(text("SELECT id FROM participant")).all())
        for participant, key in keys.items():
            rows = connection.execute(
                text("SELECT DISTINCT prompt_id, item FROM answer WHERE participant_id = :p"), {"p": participant}
            ).all()
            for prompt_id, item in rows:
                sealed.add_answer(
                    session,
                    key,
                    prompt_id=prompt_id,
                    questionnaire="checkin",
                    item=item,
                    revision=9,
                    status="answered",
                    value=1,
                    language="es",
                    place=1,
                    shown_at=factories.NOW,
                    answered_at=factories.NOW,
                )
            for (prompt_id,) in connection.execute(
                text("SELECT DISTINCT prompt_id FROM score WHERE participant_id = :p"), {"p": participant}
            ).all():
                sealed.put_score(
                    session,
                    key,
                    prompt_id=prompt_id,
                    name="wb_state",
                    value=1.0,
                    n_items=4,
                    n_of=4,
                    imputed=False,
                    now=factories.NOW,
                )
        for statement in (
            "UPDATE answer SET status = 'prefer_not', value_sealed = NULL WHERE revision < 9",
            "UPDATE score SET n_items = 0, value_sealed = NULL WHERE name = 'se_state'",
            "UPDATE prompt SET n_items = 99, n_shown = 1, n_answered = 0",
        ):
            connection.execute(text(statement))
    assert [client.get(page).content for page in pages] == before
    assert client.get("/api/v1/engagement").content == api
    with both.database.transaction() as session:
        session.connection().execute(text("DELETE FROM answer"))
        session.connection().execute(text("DELETE FROM score"))
    assert [client.get(page).content for page in pages] == before


def test_the_page_shows_no_clock_time_and_no_answer(crowded, visit):
    page = visit(crowded, "peer").get("/peers").text
    assert not re.search(r"\b\d{1,2}:\d{2}\b", page)
    assert not re.search(r"20\d\d-\d\d", page)
    for word in ("wb_", "se_", "score", "trend", "address of"):
        assert word not in page


def test_states_and_who_comes_first(crowded):
    people = engagement.everybody(crowded, PEER)
    states = {one.participant: one.state for one in people}
    assert states == {
        "P-anise": "active",
        "P-basil": "active",
        "P-cumin": "silent",
        "P-dill": "paused",
        "P-fennel": "quiet",
        "P-ginger": "undeliverable",
        "P-lovage": "finished",
        "P-mint": "active",
    }
    assert [one.participant for one in people][:4] == ["P-basil", "P-ginger", "P-cumin", "P-fennel"]
    assert people[0].why == "Asked to be contacted"
    assert not next(one for one in people if one.participant == "P-dill").check_on


@pytest.mark.parametrize(
    ("hours", "bucket"), [(1, "today"), (15, "this week"), (6 * 24, "this week"), (8 * 24, "longer"), (None, "never")]
)
def test_last_contact_is_a_bucket_of_her_own_days(here, hours, bucket):
    protocol = factories.study(here)
    heard = None if hours is None else here.clock.now() - timedelta(hours=hours)
    factories.join(here, protocol, Someone("P-one", days_in=2, about={"last_heard_at": heard}))
    assert everybody(here)["P-one"].last_contact == bucket


def test_today_is_her_today_not_the_servers(here):
    protocol = factories.study(here)
    # 12:07 UTC is past midnight in Auckland: an hour ago was yesterday there
    about = {
        "timezone": "Pacific/Auckland",
        "day_starts": "00:00",
        "last_heard_at": here.clock.now() - timedelta(hours=1, minutes=30),
    }
    factories.join(here, protocol, Someone("P-one", days_in=2, about=about))
    assert everybody(here)["P-one"].last_contact == "this week"


NIGHTS = {"timezone": "Etc/GMT+9", "day_starts": "14:00"}
"""A night worker where it is seven minutes past three in the morning of 30 March."""


@pytest.mark.parametrize(("hours", "bucket"), [(4, "today"), (13, "today"), (14, "this week")])
def test_for_a_night_worker_three_in_the_morning_is_still_in_the_day_before(here, hours, bucket):
    protocol = factories.study(here)
    about = NIGHTS | {"last_heard_at": here.clock.now() - timedelta(hours=hours)}
    factories.join(here, protocol, Someone("P-one", days_in=2, about=about))
    assert everybody(here)["P-one"].last_contact == bucket


def test_whoever_changed_her_day_today_is_still_in_the_one_that_had_begun(here):
    """Her day had begun at 02:00 when she chose 14:00: an hour ago is today, a little more was yesterday."""
    protocol = factories.study(here)
    rules = {"day_starts_before": ["2026-03-31", "02:00"]}
    for name, minutes in (("P-one", 59), ("P-two", 70)):
        heard = {"hour_rules": rules, "last_heard_at": here.clock.now() - timedelta(minutes=minutes)}
        factories.join(here, protocol, Someone(name, days_in=2, about=NIGHTS | heard))
    assert everybody(here)["P-one"].last_contact == "today"
    assert everybody(here)["P-two"].last_contact == "this week"


def test_paused_prompts_are_not_asked(both):
    protocol = factories.study(both)
    factories.join(both, protocol, Someone("P-one", days_in=10, answers=1.0))
    assert (everybody(both)["P-one"].answered, everybody(both)["P-one"].asked) == (14, 14)
    with both.database.transaction() as session:
        session.connection().execute(
            text(
                "UPDATE prompt SET state = 'paused' WHERE id IN (SELECT id FROM prompt WHERE kind = 'scheduled'"
                " AND state IN ('completed', 'partial') ORDER BY due_at DESC LIMIT 4)"
            )
        )
    assert (everybody(both)["P-one"].answered, everybody(both)["P-one"].asked) == (10, 10)


def test_a_recorded_contact_settles_the_request(here, visit):
    factories.crowd(here, 2)
    client = visit(here, "peer")
    page = post(client, "/peers/P-basil/contact", outcome="reached")
    assert page.status_code == 200
    assert "contacted recently" in page.text
    one = everybody(here)["P-basil"]
    assert not one.wants_contact
    assert one.contacted_recently
    assert one.last_contact == "today"
    here.clock.move_to(here.clock.now() + timedelta(hours=48))
    assert not everybody(here)["P-basil"].contacted_recently


def test_a_message_left_keeps_the_request_open(both, visit):
    factories.crowd(both, 2)
    client = visit(both, "peer")
    post(client, "/peers/P-basil/contact", outcome="left_message")
    one = everybody(both)["P-basil"]
    assert (one.wants_contact, one.contacted_recently, one.check_on) == (True, True, False)
    post(client, "/peers/P-anise/contact", outcome="wants_call")
    assert everybody(both)["P-anise"].wants_contact


def test_who_wants_no_contact_is_left_in_peace(here, visit):
    factories.crowd(here, 3)
    client = visit(here, "peer")
    post(client, "/peers/P-cumin/contact", outcome="do_not_contact")
    here.clock.move_to(here.clock.now() + timedelta(days=9))
    one = everybody(here)["P-cumin"]
    assert (one.preference, one.check_on) == ("never", False)


def test_an_unknown_outcome_or_person_is_refused(crowded, visit):
    client = visit(crowded, "peer")
    assert post(client, "/peers/P-anise/contact", outcome="shouted").status_code == 422
    assert post(client, "/peers/P-nobody/contact", outcome="reached").status_code == 404


def test_who_stopped_is_listed_only_while_she_wants_contact(here):
    factories.crowd(here, 2)
    with here.database.transaction() as session:
        for participant in ("P-anise", "P-basil"):
            participants.change(session, participant, standing="stopped")
    assert set(everybody(here)) == {"P-basil"}


def test_who_asks_while_still_joining_is_listed(both):
    factories.crowd(both, 2)
    with both.database.transaction() as session:
        for participant in ("P-asks", "P-silent"):
            participants.add(
                session,
                id=participant,
                standing="joining",
                bot_id=7,
                language="en",
                timezone="Europe/London",
                day_starts="06:00",
                windows={},
                created_at=both.clock.now(),
            )
        contacts.ask(session, "P-asks", origin="asked", now=both.clock.now())
    found = everybody(both)
    assert "P-silent" not in found
    assert (found["P-asks"].state, found["P-asks"].check_on) == ("joining", True)


def test_tests_are_counted_nowhere_once_the_study_is_open(here):
    protocol = factories.study(here)
    factories.join(here, protocol, Someone("P-real", test=False))
    factories.join(here, protocol, Someone("P-test"))
    assert set(everybody(here)) == {"P-real", "P-test"}
    with here.database.transaction() as session:
        session.connection().execute(text("UPDATE study SET state = 'open'"))
    assert set(everybody(here)) == {"P-real"}


def test_reading_and_recording_are_noted(here, visit):
    factories.crowd(here, 2)
    client = visit(here, "peer")
    post(client, "/peers/P-basil/contact", outcome="reached")
    with here.database.reading() as session:
        actions = [row.action for row in audit.newest(session)]
        assert audit.verify(session) is None
    assert "saw engagement" in actions
    assert "recorded a contact: reached" in actions


def test_every_outcome_is_kept_in_the_log(here, visit):
    factories.crowd(here, 2)
    client = visit(here, "peer")
    for outcome in ("left_message", "reached"):
        post(client, "/peers/P-anise/contact", outcome=outcome)
    with here.database.reading() as session:
        assert [one.outcome for one in contacts.of_participant(session, "P-anise")] == ["reached", "left_message"]


def test_only_peer_workers_see_how_somebody_would_like_to_be_met(crowded, visit):
    key = crowded.vault.person("P-anise")
    with crowded.database.transaction() as session:
        sealed.set_wishes(session, key, Wishes(pronouns="ze/zir", worker="woman", place="The van"))
        participants.change(session, "P-anise", contact_preference="place")
    page = visit(crowded, "peer").get("/peers").text
    assert "<dt>Contact by</dt><dd>a place: The van</dd>" in page
    assert "<dt>Would like</dt><dd>a woman</dd>" in page
    assert "<dt>Pronouns</dt><dd>ze/zir</dd>" in page
    researcher = visit(crowded, "researcher")
    for path in ("/studies/twice_daily/participants", "/studies/twice_daily/participants/P-anise"):
        assert "ze/zir" not in researcher.get(path).text
    assert researcher.get("/api/v1/engagement").status_code == 403

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from ema.services import findings, overview
from ema.services.signin import Signed
from ema.services.trends import Trends
from ema.store import audit, participants, studies
from tests.web import factories
from tests.web.factories import Someone

STUDY = "/studies/twice_daily"
ME = Signed(1, "Rae", "researcher")


def test_a_study_is_readable_before_anything_is_computed(crowded, visit, monkeypatch):
    monkeypatch.setattr("ema.services.trends.Trends._once", lambda *_: 1 / 0)
    page = visit(crowded, "researcher").get(STUDY)
    assert page.status_code == 200
    assert "Not clinically monitored" in page.text
    assert f'hx-get="{STUDY}/compliance"' in page.text
    assert f'hx-get="{STUDY}/scores/wb_state"' in page.text


def test_every_page_works_on_both_databases(both, visit):
    factories.crowd(both, 4)
    client = visit(both, "researcher")
    for path in (
        "/studies",
        STUDY,
        f"{STUDY}/compliance",
        f"{STUDY}/compliance.svg",
        f"{STUDY}/scores/wb_state",
        f"{STUDY}/scores/se_state/persons.svg",
        f"{STUDY}/scores/se_state/group.svg",
        f"{STUDY}/participants",
        f"{STUDY}/participants/P-anise",
        f"{STUDY}/participants/P-anise/trends",
        f"{STUDY}/participants/P-anise/wb_state.svg",
    ):
        assert client.get(path).status_code == 200, path


def test_an_empty_study_has_pages_too(here, visit):
    factories.study(here)
    client = visit(here, "researcher")
    assert "No counted prompt is past yet" in client.get(f"{STUDY}/compliance").text
    assert "Nobody has given a scored answer yet" in client.get(f"{STUDY}/scores/wb_state").text
    assert "Nobody has joined yet" in client.get(f"{STUDY}/participants").text
    assert client.get(f"{STUDY}/scores/wb_state/group.svg").status_code == 404
    assert client.get(f"{STUDY}/scores/other").status_code == 404


def test_a_part_is_a_page_of_its_own_without_htmx(crowded, visit):
    client = visit(crowded, "researcher")
    whole = client.get(f"{STUDY}/compliance").text
    part = client.get(f"{STUDY}/compliance", headers={"HX-Request": "true"}).text
    assert "<html" in whole
    assert "<html" not in part
    assert part.strip() in whole


def test_enrolment_adds_up(crowded):
    funnel = overview.funnel(crowded, "twice_daily")
    after = (funnel.active, funnel.paused, funnel.quiet, funnel.undeliverable, funnel.finished, funnel.stopped)
    assert funnel.joined == sum(after) == 8
    assert after == (4, 1, 1, 1, 1, 0)


def test_invitations_and_erased_people_are_counted(both):
    protocol = factories.study(both)
    now = both.clock.now()
    with both.database.transaction() as session:
        studies.invite(session, protocol.id, dict.fromkeys("abcd"), test=True, now=now - timedelta(days=30))
    factories.join(both, protocol, Someone("P-one", days_in=2))
    with both.database.transaction() as session:
        studies.claim_invitation(session, "a", "P-one")
        studies.use_invitation(session, "P-one", now)
        studies.claim_invitation(session, "b", "P-gone")
        studies.use_invitation(session, "P-gone", now)
        studies.free_invitation(session, "P-gone")
        studies.claim_invitation(session, "c", "P-refused")
        studies.free_invitation(session, "P-refused", burn=True)
    funnel = overview.funnel(both, protocol.id)
    assert (funnel.invited, funnel.joining, funnel.joined, funnel.erased) == (4, 0, 1, 1)


def test_compliance_counts_are_those_of_the_table(crowded, visit):
    with crowded.database.reading() as session:
        planned, answered = (
            session.connection()
            .execute(
                text(
                    "SELECT count(*), sum(CASE WHEN state IN ('completed', 'partial') THEN 1 ELSE 0 END) FROM prompt"
                    " WHERE kind = 'scheduled' AND state NOT IN ('planned', 'open', 'cancelled')"
                )
            )
            .one()
        )
    lines = findings.compliance(Trends(crowded), "twice_daily")
    assert (lines.rates[0].part, lines.rates[0].whole) == (answered, planned)
    assert sum(day.planned for day in lines.days) == planned
    page = visit(crowded, "researcher").get(f"{STUDY}/compliance").text
    assert f"{answered} of {planned}" in page
    assert all(rate.rule.split(",")[0] in page for rate in lines.rates)


def test_trends_are_shown_from_twenty_answers_on(crowded, visit):
    lines = findings.score(Trends(crowded), "twice_daily", "se_state", ME)
    assert all(line.n >= 20 for line in lines.persons)
    assert {line.participant for line in lines.waiting if line.n == 0} == {"P-fennel"}
    assert {"P-anise", "P-basil", "P-lovage"} <= {line.participant for line in lines.persons}
    page = visit(crowded, "researcher").get(f"{STUDY}/scores/se_state").text
    for line in lines.waiting:
        assert f"{line.n} answered, 20 needed" in page
    assert "not clinically monitored" in page
    assert not re.search(r"\bp\b ?[=<]|p-value", page)


def test_a_slider_and_a_row_of_buttons_are_never_mixed(crowded, visit):
    with crowded.database.transaction() as session:
        session.connection().execute(
            text("UPDATE score SET mode = CASE participant_id WHEN 'P-basil' THEN 'row' ELSE 'slider' END")
        )
        hers = session.connection().execute(
            text(
                "SELECT count(*) FROM score JOIN prompt ON prompt.id = score.prompt_id WHERE name = 'se_state'"
                " AND score.participant_id = 'P-basil' AND prompt.counts AND value_sealed IS NOT NULL"
            )
        )
        number = hers.scalar_one()
    lines = findings.score(Trends(crowded), "twice_daily", "se_state", ME)
    assert (lines.mode, lines.left_out) == ("slider", number)
    assert number > 20
    basil = next(line for line in lines.waiting if line.participant == "P-basil")
    assert (basil.n, basil.left_out) == (0, number)
    assert all(line.left_out == 0 for line in lines.persons)
    client = visit(crowded, "researcher")
    words = f"given on the slider. {number} given in another way, or in both, are left out"
    assert words in client.get(f"{STUDY}/scores/se_state").text
    api = client.get("/api/v1/studies/twice_daily/scores/se_state").json()
    assert (api["mode"], api["left_out"]) == ("slider", number)
    assert words in api["one_way"]
    assert f"Without {number} answered in another way" in client.get(f"{STUDY}/participants/P-basil/trends").text


def test_a_score_of_one_way_only_leaves_nothing_out(crowded, visit):
    lines = findings.score(Trends(crowded), "twice_daily", "se_state", ME)
    assert (lines.mode, lines.left_out, lines.one_way) == ("", 0, "")
    assert "another way" not in visit(crowded, "researcher").get(f"{STUDY}/scores/se_state").text


def test_simulated_people_are_marked_with_their_truth(here, visit):
    factories.crowd(here, 4, simulated=True)
    with here.database.transaction() as session:
        for participant in ("P-anise", "P-basil"):
            session.connection().execute(
                text("INSERT INTO simulated_person VALUES (:p, :parameters)"),
                {"p": participant, "parameters": '{"slopes": {"se_state": 0.0125}}'},
            )
    client = visit(here, "researcher")
    for path in ("/studies", STUDY, f"{STUDY}/participants", f"{STUDY}/participants/P-anise", f"{STUDY}/compliance"):
        assert "SIMULATED" in client.get(path).text, path
    assert (
        "+0.013" in client.get(f"{STUDY}/scores/se_state").text
        or "+0.012" in client.get(f"{STUDY}/scores/se_state").text
    )
    assert "SIMULATED" in visit(here, "peer").get("/peers").text


def test_real_people_are_not_called_simulated(crowded, visit):
    assert "SIMULATED" not in visit(crowded, "researcher").get(STUDY).text
    assert "Truth" not in visit(crowded, "researcher").get(f"{STUDY}/scores/se_state").text


def test_results_are_kept_until_the_data_change(both):
    protocol = factories.study(both)
    factories.join(both, protocol, Someone("P-one", days_in=5))
    trends = Trends(both)
    first = trends.compliance("twice_daily")
    assert trends.compliance("twice_daily") is first
    factories.join(both, protocol, Someone("P-two", days_in=5))
    assert trends.compliance("twice_daily") is not first


def test_nothing_of_an_erased_person_stays_in_memory(here):
    factories.crowd(here, 3)
    trends = Trends(here)
    trends.person_picture("twice_daily", "se_state", "P-anise")
    assert "P-anise" in repr(trends._kept)
    with here.database.transaction() as session:
        participants.purge(session, "P-anise")
    trends.compliance("twice_daily")
    assert "P-anise" not in repr(trends._kept)


def test_one_participants_days(crowded):
    one = overview.member(crowded, "twice_daily", "P-anise", ME)
    assert one.slots == ("afternoon", "evening")
    assert [day.study_day for day in one.days] == sorted(day.study_day for day in one.days)
    assert sum(state is not None for day in one.days for state in day.slots) == sum(one.states.values())
    assert one.member.study_day == 20
    assert {name for name, _, _ in one.others} >= {"baseline"}


@pytest.mark.parametrize(("day_starts", "study_day"), [("14:00", 4), ("02:00", 5)])
def test_how_far_she_is_goes_by_her_own_study_day(here, visit, day_starts, study_day):
    """It is 03:07 where she is: with nights that is still the day before, in the list and on her page."""
    protocol = factories.study(here)
    about = {"timezone": "Etc/GMT+9", "day_starts": day_starts}
    factories.join(here, protocol, Someone("P-one", days_in=5, about=about))
    assert overview.member(here, "twice_daily", "P-one", ME).member.study_day == study_day
    (listed,) = overview.members(here, "twice_daily", ME)
    assert listed.study_day == study_day
    assert f"day {study_day} of 28" in visit(here, "researcher").get(f"{STUDY}/participants/P-one").text


def test_no_page_of_a_researcher_names_an_address(crowded, visit):
    client = visit(crowded, "researcher")
    for path in (
        STUDY,
        f"{STUDY}/participants",
        f"{STUDY}/participants/P-anise",
        "/api/v1/studies/twice_daily/participants",
    ):
        assert "address of" not in client.get(path).text
        assert "telegram" not in client.get(path).text.lower()


@pytest.mark.parametrize(
    ("path", "action"),
    [
        (f"{STUDY}/participants", "saw the participants"),
        (f"{STUDY}/participants/P-anise", "saw a participant"),
        (f"{STUDY}/scores/wb_state", "saw trends of wb_state"),
        (f"{STUDY}/scores/wb_state/persons.svg", "saw pictures of wb_state"),
        (f"{STUDY}/export.zip", "exported as csv"),
    ],
)
def test_reading_persons_is_noted(crowded, visit, path, action):
    assert visit(crowded, "researcher").get(path).status_code == 200
    with crowded.database.reading() as session:
        assert action in [row.action for row in audit.newest(session)]


def test_pseudonyms_of_digits_only_stay_what_they_are(here):
    protocol = factories.study(here)
    factories.join(here, protocol, Someone("482913", answers=0.9))
    trends = Trends(here)
    assert [line.participant for line in findings.score(trends, "twice_daily", "se_state", ME).persons] == ["482913"]
    assert trends.person_picture("twice_daily", "se_state", "482913") is not None

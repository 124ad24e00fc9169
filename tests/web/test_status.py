"""The page that says in words whether prompts are going out."""

import asyncio
import re
from datetime import timedelta

import pytest

from ema.clock import SystemClock
from ema.services import reach, status
from ema.store import outbox, prompts, ticks
from tests.store.people import BOT, participant, planned, slot
from tests.web import factories

ALARMS = re.compile(r"error|alarm|critical|fail!|!|warning|danger", re.IGNORECASE)


@pytest.fixture
def running(both):
    beats(both)
    return both


def beats(here, ago=timedelta()):
    with here.database.transaction() as session:
        for name in ("plan", "expire"):
            ticks.ran(session, name, timedelta(seconds=15), SystemClock().now() - ago)


def note(here, name, due):
    """A prompt of somebody's, and its note."""
    with here.database.transaction() as session:
        (row,) = planned(session, participant(session, name), slot(due=due))
    return row


def sent(here, row, after):
    with here.database.transaction() as session:
        prompts.change(session, row.id, state="open", sent_at=row.due_at + after, reason=None)
        outbox.supersede(session, row.participant_id, ["note"], now=here.clock.now())


def lines(here):
    return {line.about: line.words for line in status.status(here).lines}


def test_it_says_that_prompts_are_going_out(running):
    now = running.clock.now()
    sent(running, note(running, "anna", now - timedelta(minutes=12)), timedelta(seconds=2))
    note(running, "berta", now + timedelta(hours=3))
    said = status.status(running)
    assert (said.headline, said.explanation) == ("Prompts are going out.", "Nothing needs to be done.")
    assert lines(running) == {
        "Last prompt": "Sent 11 minutes ago, at 11:55 UTC on Monday 30 March.",
        "Next prompt": "Due in 3 hours, at 15:07 UTC on Monday 30 March. 1 is planned in all.",
        "In the last hour": "1 prompt was sent, none more than a minute late.",
        "Waiting": "No message waits to be sent.",
        "Could not be sent": "Nothing failed in the last hour.",
        "Telegram": "It has not been asked yet whether it answers.",
        "Clockwork": "Every job runs on time.",
        "Notices": "None.",
    }


def test_it_says_that_nothing_is_planned(running):
    assert status.status(running).headline == "No prompts are going out."
    assert lines(running)["Last prompt"] == "None has been sent so far."


def test_it_says_that_the_worker_never_ran_or_stopped(both):
    assert status.status(both).headline == "Prompts are not going out yet."
    beats(both, ago=timedelta(minutes=5))
    said = status.status(both)
    assert said.headline == "Prompts may not be going out."
    assert "plan last ran 5 minutes ago" in lines(both)["Clockwork"]


def test_it_says_that_messages_wait_and_for_how_long(running):
    note(running, "anna", running.clock.now() - timedelta(minutes=40))
    said = status.status(running)
    assert said.headline == "Prompts are not going out at the moment."
    assert "up to 40 minutes" in said.explanation
    assert lines(running)["Waiting"] == "1 message could go now. The oldest has waited 40 minutes."


def test_it_says_why_something_could_not_be_sent(running):
    now = running.clock.now()
    for name, state, error in (
        ("anna", "pending", "ConnectError"),
        ("berta", "dead", "Forbidden: bot was blocked by the user"),
    ):
        note(running, name, now)
        with running.database.transaction() as session:
            (row,) = outbox.claim(session, BOT, now, 1, timedelta(seconds=60))
            later = now + timedelta(minutes=1)
            outbox.finish(session, row.id, row.claim_token, state, now=now, error=error, not_before=later)
    assert status.status(running).headline == "Some prompts are held up."
    assert lines(running)["Could not be sent"] == (
        "1 message to be tried again: Telegram could not be reached. "
        "1 message given up: the bot was blocked, or the account is gone."
    )


def test_it_counts_what_came_late(running):
    now = running.clock.now()
    for name, after in (("anna", timedelta(seconds=3)), ("berta", timedelta(minutes=7))):
        sent(running, note(running, name, now - timedelta(minutes=20)), after)
    assert lines(running)["In the last hour"] == (
        "2 prompts were sent, 1 of them more than a minute late. The latest came after 7 minutes."
    )


def test_it_says_whether_telegram_answers_and_since_when(running):
    now = SystemClock().now()
    with running.database.transaction() as session:
        ticks.failed(session, reach.name_of(BOT), reach.EVERY, now - timedelta(hours=2), "ConnectError")
        ticks.ran(session, reach.name_of(BOT), reach.EVERY, now)
    assert lines(running)["Telegram"] == "Answers. It has done so for 2 hours."
    with running.database.transaction() as session:
        ticks.ran(session, reach.name_of(BOT), reach.EVERY, now - timedelta(minutes=9))
        ticks.failed(session, reach.name_of(BOT), reach.EVERY, now, "ConnectError")
    assert lines(running)["Telegram"] == (
        "Does not answer (ConnectError). It last did 9 minutes ago, and is asked every minute."
    )


def test_telegram_away_makes_no_process_unready(running, visit):
    with running.database.transaction() as session:
        ticks.ran(session, reach.name_of(BOT), reach.EVERY, SystemClock().now() - timedelta(hours=2))
    assert visit(running).get("/readyz").status_code == 200


def test_the_bots_server_is_asked_and_its_words_are_not_kept(here):
    answers = iter([None, ConnectionError("https://api.example.org/bot42:a-token/getMe"), None])
    stop = asyncio.Event()

    async def ask():
        answer = next(answers)
        if answer is not None:
            stop.set()
            raise answer

    async def once():
        await reach.watch(here, BOT, ask, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reach, "EVERY", timedelta(milliseconds=10))
        asyncio.run(once())
    with here.database.reading() as session:
        (beat,) = ticks.everything(session)
    assert beat.error == "ConnectionError"
    assert beat.ok_at < beat.failed_at


def test_peer_workers_read_the_short_form_without_a_clock_time(running, visit):
    client, now = visit(running, "peer"), running.clock.now()
    sent(running, note(running, "anna", now - timedelta(minutes=12)), timedelta(seconds=2))
    page = client.get("/status").text
    assert "<h1>Prompts are going out.</h1>" in page
    assert "One was sent within the last six hours." in page
    assert not re.search(r"\d\d:\d\d|\d+ minutes", page)
    assert "Next prompt" not in page


@pytest.mark.parametrize("role", ["researcher", "admin"])
def test_researchers_and_admins_read_all_of_it_from_every_page(here, visit, role):
    factories.crowd(here, 2)
    beats(here)
    client = visit(here, role)
    page = client.get("/status").text
    assert "Clockwork" in page
    assert 'href="/status"' in client.get("/studies" if role == "researcher" else "/staff").text
    main = page[page.index("<main") : page.index("</main")]
    assert not ALARMS.search(re.sub(r"<[^>]*>", "", main))
    assert "P-anise" not in page


def test_it_needs_a_sign_in(here, visit):
    assert visit(here).get("/status").status_code == 401

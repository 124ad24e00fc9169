"""Several processes on one database, and processes killed in the middle. On both databases."""

import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta

import pytest

from ema.store import outbox, planned_slots, prompts, settings
from ema.store.engine import open_database
from ema.store.migrate import ROOT
from tests.store.people import BOT, NOW, message, participant, rows_of, slot, states

PEOPLE, EACH = 20, 10
RATE = 20.0


def start(module, *arguments):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"tests.concurrency.{module}", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_six_processes_claim_for_two_bots_and_nothing_is_claimed_twice_or_by_the_wrong_bot(database_url):
    database = open_database(database_url, durable=False)
    with database.transaction() as session:
        for person in range(PEOPLE):
            participant(session, f"p{person}", bot_id=BOT + person % 2)
        for number in range(EACH):
            for person in range(PEOPLE):
                message(session, f"p{person}", f"{person}.{number}", priority=number % 5)
    running = [start("claimer", database_url, limit, bot) for limit in (1, 3, 50) for bot in (BOT, BOT + 1)]
    outputs = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 6, [errors.decode() for _, errors in outputs]
    lines = [line.split() for out, _ in outputs for line in out.decode().splitlines()]
    claimed = Counter(row_id for row_id, _ in lines)
    with database.reading() as session:
        assert {(row_id, str(outbox.get(session, int(row_id)).bot_id)) for row_id in claimed} == set(map(tuple, lines))
    assert len(claimed) == PEOPLE * EACH
    assert set(claimed.values()) == {1}
    with database.reading() as session:
        assert states(session) == {"sent": PEOPLE * EACH}
    database.close()


def test_a_chat_is_held_by_one_of_many_claimers(database):
    """While rows are put in and claimed at once, no chat ever has two in flight: the index would refuse it."""
    with database.transaction() as session:
        for person in range(4):
            participant(session, f"p{person}")
    done, taken, errors = threading.Event(), [], []

    def put():
        for number in range(40):
            with database.transaction() as session:
                for person in range(4):
                    message(session, f"p{person}", f"{person}.{number}", priority=4 - number % 5)

    def claim():
        while not (done.is_set() and len(taken) == 160):
            with database.transaction() as session:
                rows = outbox.claim(session, BOT, NOW, 3, timedelta(minutes=1))
            with database.reading() as session:
                errors.extend(row for row in rows if outbox.get(session, row.id).claim_token != row.claim_token)
            for row in rows:
                with database.transaction() as session:
                    if not outbox.finish(session, row.id, row.claim_token, "sent", now=NOW):
                        errors.append(row)
                taken.append(row.id)

    claimers = [threading.Thread(target=claim, daemon=True) for _ in range(3)]
    for thread in claimers:
        thread.start()
    put()
    done.set()
    for thread in claimers:
        thread.join(30)
    assert not any(thread.is_alive() for thread in claimers)
    assert errors == []
    assert len(taken) == len(set(taken)) == 160


def test_four_processes_share_what_one_bot_may_send(database_url):
    running = [start("taker", database_url, RATE) for _ in range(4)]
    outputs = [process.communicate(timeout=60) for process in running]
    assert [process.returncode for process in running] == [0] * 4, [errors.decode() for _, errors in outputs]
    taken, began, ended = zip(*(map(float, out.split()) for out, _ in outputs), strict=True)
    assert RATE / 4 <= sum(taken) <= RATE / 4 + RATE * (max(ended) - min(began))


def test_one_slot_is_planned_once_by_many(database):
    with database.transaction() as session:
        enrolment = participant(session)
    new, gate = [], threading.Barrier(6)

    def plan():
        gate.wait()
        with database.transaction() as session:
            new.append(planned_slots.add(session, rows_of(enrolment, *(slot(day) for day in range(1, 29))), NOW))

    threads = [threading.Thread(target=plan) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(new) == [0, 0, 0, 0, 0, 28]
    with database.reading() as session:
        rows = prompts.of_enrolment(session, enrolment.id)
        assert sorted(row.slot_key for row in rows) == sorted(f"{day}.0" for day in range(1, 29))
        assert sorted(note.prompt_id for note in outbox.open_of(session, enrolment.participant_id)) == sorted(
            row.id for row in rows
        )


@pytest.mark.parametrize("acknowledged", [1, 40, 300])
def test_what_a_killed_process_acknowledged_is_stored(database_url, acknowledged):
    process = start("writer", database_url)
    lines = []
    for line in process.stdout:
        lines.append(line.decode().strip())
        if len(lines) == acknowledged:
            process.kill()
    process.stderr.close()
    process.stdout.close()
    process.wait()
    assert len(lines) >= acknowledged
    database = open_database(database_url)
    with database.reading() as session:
        assert [key for key in lines if settings.get(session, key) != "written"] == []
    with database.transaction() as session:
        settings.put(session, "afterwards", "written")
    database.close()

"""Dead letters: what was given up is listed without a word of hers, taken up again as if it were new, or dropped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from ema.__main__ import app
from ema.channels import Incoming
from ema.domain.conversation.events import Blocked, Command, Posted, Tap, Typed, Unblocked
from ema.domain.screen import Action
from ema.services import dead
from ema.services import receive as service
from ema.services.dead import CannotRetry, NoSuchLetter
from ema.services.doctor import examine
from ema.services.forget import MESSAGES_LIVE
from ema.services.kept import NotKept, pack, unpack
from ema.services.receive import receive
from ema.services.withdraw import begin_erasing
from ema.store import audit, inbox, outbox, prompts
from tests.services.world import BOT_ID, TOKEN

pytestmark = pytest.mark.every_database


def _broken(*_):
    raise ZeroDivisionError("about Annabelle")


def fails(world, monkeypatch, incoming):
    """It comes, and three times it can't be processed."""
    with monkeypatch.context() as patch:
        patch.setattr(service, "carry_out", _broken)
        for _ in range(service.TRIES):
            try:
                receive(world.here, incoming)
            except ZeroDivisionError:
                continue


def noted(world):
    with world.database.reading() as session:
        return [(row.action, row.subject) for row in audit.newest(session) if row.subject.startswith("letter:")]


@pytest.fixture
def asked(world, anna):
    """Anna has begun her first check-in, and the first question is before her."""
    world.wait(hours=4)
    anna.tap("Start")
    return anna.checkins()[0]


def tap(anna, prompt, update_id=900):
    return Incoming(
        BOT_ID, update_id, anna.address, "en", Tap(Action("answer", "5", prompt.id, "wb_mood", 1), anna.last.id, "t")
    )


def test_an_update_that_failed_is_answered_after_all(world, anna, asked, monkeypatch):
    """The defect is mended, and what she tapped counts, as something that waited."""
    fails(world, monkeypatch, tap(anna, asked))
    (letter,) = dead.letters(world.here)
    assert (letter.id, letter.kind, letter.error) == (f"u{BOT_ID}.900", "update", "ZeroDivisionError")
    assert world.count("answer") == 0
    dead.retry(world.here, letter.id)
    (answer,) = world.rows("answer")
    assert answer.item == "wb_mood"
    assert dead.letters(world.here) == []
    assert noted(world) == [("retried", f"letter:{letter.id}")]
    before = anna.last.text
    world.rest()
    assert anna.last.text != before, "the next question is before her"
    assert examine(world.database, world.vault, world.now) == []
    with pytest.raises(NoSuchLetter):
        dead.retry(world.here, letter.id)
    assert world.count("answer") == 1


def test_what_fails_again_is_kept_as_it_was(world, anna, asked, monkeypatch):
    fails(world, monkeypatch, tap(anna, asked))
    before = dead.letters(world.here)
    with monkeypatch.context() as patch:
        patch.setattr(service, "carry_out", _broken)
        with pytest.raises(CannotRetry, match="failed again \\(ZeroDivisionError\\)") as told:
            dead.retry(world.here, before[0].id)
    assert "Annabelle" not in str(told.value)
    assert dead.letters(world.here) == before
    assert noted(world) == []
    dead.retry(world.here, before[0].id)
    assert world.count("answer") == 1


def test_a_redelivery_does_not_take_up_what_was_given_up(world, anna, asked, monkeypatch):
    fails(world, monkeypatch, tap(anna, asked))
    receive(world.here, tap(anna, asked))
    assert world.count("answer") == 0
    assert len(dead.letters(world.here)) == 1


def test_what_she_wrote_is_forgotten_when_it_is_dropped(world, anna, monkeypatch):
    fails(world, monkeypatch, Incoming(BOT_ID, 901, anna.address, "en", Typed("about my day", 99)))
    dead.drop(world.here, f"u{BOT_ID}.901")
    assert dead.letters(world.here) == []
    (row,) = world.rows("inbox", update_id=901)
    assert (row.state, row.body_sealed) == ("done", None)
    assert noted(world) == [("dropped", f"letter:u{BOT_ID}.901")]
    receive(world.here, Incoming(BOT_ID, 901, anna.address, "en", Typed("about my day", 99)))
    assert world.count("inbox", update_id=901) == 1, "a repeat does nothing"


def test_a_strangers_update_is_taken_again_and_she_joins(world, monkeypatch):
    """It failed after her key was made and before her row was: it is sealed under the installation's key."""
    (code,) = world.invite()
    bella = world.phone("Bella")
    begin = Incoming(BOT_ID, 902, bella.address, "en", Command("start", code, 1))
    with monkeypatch.context() as patch:
        patch.setattr("ema.services.strangers.forget", _broken)
        for _ in range(service.TRIES):
            try:
                receive(world.here, begin)
            except ZeroDivisionError:
                continue
    (letter,) = dead.letters(world.here)
    dead.retry(world.here, letter.id)
    assert bella.id is not None
    assert dead.letters(world.here) == []


def test_a_stranger_without_a_code_is_told_how_to_get_in(world, monkeypatch):
    stranger = world.phone("Carla")
    with monkeypatch.context() as patch:
        patch.setattr("ema.services.strangers._words", _broken_words)
        for _ in range(service.TRIES):
            try:
                receive(world.here, Incoming(BOT_ID, 903, stranger.address, "en", Typed("", 1)))
            except ZeroDivisionError:
                continue
    handled = dead.retry(world.here, f"u{BOT_ID}.903")
    assert handled.direct.address == stranger.address
    assert dead.letters(world.here) == []


def _broken_words(*_, **__):
    raise ZeroDivisionError


def test_an_erased_persons_update_is_gone_with_her(world, anna, monkeypatch):
    fails(world, monkeypatch, Incoming(BOT_ID, 904, anna.address, "en", Typed("about me", 99)))
    with world.database.transaction() as session:
        begin_erasing(session, anna.id)
    world.worker.run_once()
    assert dead.letters(world.here) == []


def dies(world, kind, error, **conditions):
    """The sender is told that this message can never be sent."""
    with world.database.transaction() as session:
        for row in outbox.claim(session, BOT_ID, world.now, 10, MESSAGES_LIVE):
            state = "dead" if row.kind == kind else "pending"
            outbox.finish(session, row.id, row.claim_token, state, now=world.now, error=error)
    (letter,) = dead.letters(world.here)
    return letter


def test_a_message_that_was_refused_is_sent_after_all(world, anna):
    anna.phone.send("/help")
    world.run(world.poller.step())
    letter = dies(world, "screen", "Bad Request: chat 123456789 is odd")
    assert letter.error == "Bad Request: chat … is odd"
    shown = len(world.sent())
    world.rest()
    assert len(world.sent()) == shown, "what is dead is not sent by itself"
    dead.retry(world.here, letter.id)
    world.rest()
    assert "call 999" in anna.last.text
    assert dead.letters(world.here) == []
    assert noted(world) == [("retried", f"letter:{letter.id}")]


def test_a_note_whose_prompt_is_over_is_never_sent_again(world, anna):
    """Its row says already that it was not delivered, and a final state stays."""
    (prompt,) = [each for each in anna.checkins() if each.study_day == 1][:1]
    world.clock.move_to(prompt.due_at)
    letter = dies(world, "note", "Bad Request: no")
    with world.database.transaction() as session:
        prompts.close(session, prompt.id, "undelivered", "refused", world.now)
    with pytest.raises(CannotRetry, match="final state"):
        dead.retry(world.here, letter.id)
    assert dead.letters(world.here) == [letter]
    dead.drop(world.here, letter.id)
    assert dead.letters(world.here) == []


def test_a_message_whose_window_is_over_is_not_sent(world, anna):
    (prompt,) = [each for each in anna.checkins() if each.study_day == 1][:1]
    world.clock.move_to(prompt.due_at)
    letter = dies(world, "note", "Bad Request: no")
    world.clock.move_to(prompt.expires_at)
    with pytest.raises(CannotRetry, match="window is over"):
        dead.retry(world.here, letter.id)


@pytest.mark.parametrize("unknown", ["m1", "u42.1", "x", "", "m-1", "u42"])
def test_an_id_that_is_none_is_refused(world, unknown):
    for do in (dead.retry, dead.drop):
        with pytest.raises(NoSuchLetter):
            do(world.here, unknown)


# --- the command


@pytest.fixture
def ema(world, database_url, tmp_path, monkeypatch):
    monkeypatch.setenv("EMA_DATABASE_URL", database_url)
    monkeypatch.setenv("EMA_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("EMA_TELEGRAM_TOKEN", raising=False)
    return lambda *words: CliRunner().invoke(app, ["dead", *words])


def test_the_command_lists_retries_and_drops_and_prints_nothing_of_hers(world, anna, asked, ema, monkeypatch):
    assert ema("list").output == "There are none.\n"
    fails(world, monkeypatch, tap(anna, asked))
    fails(world, monkeypatch, Incoming(BOT_ID, 901, anna.address, "en", Typed("my secret words", 99)))
    listed = ema("list")
    assert f"u{BOT_ID}.900\tupdate\tZeroDivisionError\t" in listed.output
    wrong = ema("retry")
    assert wrong.exit_code == 2
    done = ema("retry", f"u{BOT_ID}.900", "u1.1")
    assert done.exit_code == 1
    assert f"u{BOT_ID}.900: taken up again." in done.output
    assert "no such dead letter" in done.output
    dropped = ema("drop", "--all")
    assert dropped.output == f"u{BOT_ID}.901: dropped.\n"
    said = "".join(each.output for each in (listed, wrong, done, dropped))
    for secret in (anna.address, anna.id, "Anna", "secret", "wb_mood", TOKEN):
        assert secret not in said
    assert world.count("answer") == 1


# --- how an update is kept


numbers = st.integers(min_value=1, max_value=2**52)
words = st.text(max_size=40)
actions = st.builds(Action, words, words, st.none() | numbers, words, st.none() | st.integers(0, 99))
events = st.one_of(
    st.builds(Command, words, words, numbers),
    st.builds(Tap, st.none() | actions, numbers, words),
    st.builds(Typed, words, numbers),
    st.builds(Posted, st.sampled_from(["voice", "photo"]), words, numbers, numbers),
    st.just(Blocked()),
    st.just(Unblocked()),
)


@given(st.builds(Incoming, numbers, numbers, words, st.none() | words, events))
def test_what_is_kept_comes_back_as_it_came(incoming):
    assert unpack(pack(incoming)) == replace(incoming, late=True, again=True)


def test_a_place_is_not_kept_and_can_not_be_taken_again():
    """What an answer would have rounded away is stored nowhere."""
    kept = pack(Incoming(BOT_ID, 1, "5", "en", Posted("location", "51.50735,-0.12776", 9)))
    assert "51.5" not in kept
    with pytest.raises(NotKept, match="a place"):
        unpack(kept)


@pytest.mark.parametrize("text", ["", "Incoming(bot_id=42)", "{}", '{"kind": "Tap", "event": {}}'])
def test_what_another_release_kept_is_refused_in_words(text):
    with pytest.raises(NotKept, match="another release"):
        unpack(text)


def test_nothing_is_listed_that_is_in_order(world, anna):
    world.wait(days=1)
    with world.database.reading() as session:
        assert inbox.counts(session).keys() == {"done"}
    assert dead.letters(world.here) == []

"""The sealed columns: what comes back, in what order, and that nothing else can read them. On both databases."""

import pytest

from ema.store import inbox, participants, seal_check, sealed
from ema.store.rows import table_of
from ema.store.tables import Answer, Conversation, Participant, Score
from ema.store.vault import KeyDestroyed, Unreadable
from tests.store.people import BOT, NOW, participant, planned, slot

ANSWER, SCORE, CONVERSATION, PARTICIPANT = (table_of(each) for each in (Answer, Score, Conversation, Participant))


@pytest.fixture
def anna(database, vault):
    """Her key, and her two prompts' ids."""
    key = vault.enrol("anna", "telegram", BOT, "100", NOW)
    with database.transaction() as session:
        enrolment = participant(session)
        sealed.set_address(session, key, "100")
        return key, [row.id for row in planned(session, enrolment, slot(), slot(index=1))]


def answer(session, key, prompt_id, item="mood", revision=1, value=4, status="answered", **values):
    return sealed.add_answer(
        session,
        key,
        prompt_id=prompt_id,
        questionnaire="checkin",
        item=item,
        revision=revision,
        status=status,
        value=value,
        language="en",
        place=1,
        shown_at=NOW,
        answered_at=NOW,
        **values,
    )


def score(session, key, prompt_id, name="wb_state", value=4.25):
    sealed.put_score(
        session, key, prompt_id=prompt_id, name=name, value=value, n_items=3, n_of=4, imputed=False, now=NOW
    )


def test_an_address_and_a_state_come_back(database, anna):
    key, _ = anna
    with database.transaction() as session:
        assert sealed.address_of(participants.get(session, "anna"), key) == "100"
        assert sealed.load_state(session, key) is None
        sealed.save_state(session, key, '{"place": "home"}', format=1, revision=1, anchor=None, now=NOW)
        sealed.save_state(session, key, '{"place": "ask"}', format=1, revision=2, anchor=55, now=NOW)
        sealed.set_anchor(session, "anna", 56)
    with database.transaction() as session:
        state = sealed.load_state(session, key)
    assert (state.state, state.revision, state.anchor, state.format) == ('{"place": "ask"}', 2, 56, 1)


@pytest.mark.parametrize("value", [4, 4.5, "two words, ünïcode", ("a", "b"), None])
def test_every_kind_of_value_comes_back(database, anna, value):
    key, (prompt_id, _) = anna
    with database.transaction() as session:
        assert answer(session, key, prompt_id, value=value)
        (found,) = sealed.answers_of(session, key, [prompt_id])
    assert found.value == value
    assert type(found.value) is type(value)


def test_a_revision_is_stored_once_and_the_newest_counts(database, anna):
    key, (prompt_id, other) = anna
    with database.transaction() as session:
        assert answer(session, key, prompt_id, value=4)
        assert not answer(session, key, prompt_id, value=7)
        assert answer(session, key, prompt_id, revision=2, value=5)
        assert answer(session, key, other, value=1)
        assert [one.value for one in sealed.all_revisions(session, key, [prompt_id])] == [4, 5]
        assert [one.value for one in sealed.answers_of(session, key, [prompt_id, other])] == [5, 1]


def test_a_score_is_replaced(database, anna):
    key, (prompt_id, _) = anna
    with database.transaction() as session:
        score(session, key, prompt_id)
        score(session, key, prompt_id, value=None)
        score(session, key, prompt_id, "se_state", 3)
        found = sealed.scores_of(session, key, [prompt_id])
    assert [(one.name, one.value, one.n_items, one.n_of) for one in found] == [
        ("se_state", 3, 3, 4),
        ("wb_state", None, 3, 4),
    ]


def test_nothing_personal_stands_in_the_rows(database, anna):
    key, (prompt_id, _) = anna
    with database.transaction() as session:
        answer(session, key, prompt_id, value="geheim")
        sealed.save_state(session, key, "geheim", format=1, revision=1, anchor=None, now=NOW)
        rows = [row for table in (ANSWER, CONVERSATION, PARTICIPANT) for row in session.execute(table.select())]
    assert "geheim" not in repr(rows)
    assert "'100'" not in repr(rows)


def test_a_ciphertext_moved_to_another_row_or_person_does_not_open(database, vault, anna):
    key, (prompt_id, other) = anna
    berta = vault.enrol("berta", "telegram", BOT, "200", NOW)
    with database.transaction() as session:
        participant(session, "berta")
        sealed.set_address(session, berta, "200")
        for each in (prompt_id, other):
            answer(session, key, each, value=7)
        sealed.save_state(session, key, "{}", format=1, revision=1, anchor=None, now=NOW)
        assert list(seal_check.unreadable(session, vault)) == []
        taken = session.execute(ANSWER.select().where(ANSWER.c.prompt_id == prompt_id)).one().value_sealed
        session.execute(ANSWER.update().where(ANSWER.c.prompt_id == other).values(value_sealed=taken))
        hers = session.execute(PARTICIPANT.select().where(PARTICIPANT.c.id == "anna")).one().address_sealed
        session.execute(PARTICIPANT.update().where(PARTICIPANT.c.id == "berta").values(address_sealed=hers))
        session.execute(CONVERSATION.update().values(revision=9))  # an older state put back
        with pytest.raises(Unreadable):
            sealed.answers_of(session, key, [other])
        with pytest.raises(Unreadable):
            sealed.address_of(participants.get(session, "berta"), berta)
        with pytest.raises(Unreadable):
            sealed.load_state(session, key)
        assert len(list(seal_check.unreadable(session, vault))) == 3


def test_sheets_hold_everybody_who_has_a_key(database, vault, anna, monkeypatch):
    monkeypatch.setattr(sealed, "PEOPLE_AT_ONCE", 2)
    key, (prompt_id, other) = anna
    with database.transaction() as session:
        answer(session, key, other, value=2)
        answer(session, key, prompt_id, value=1)
        answer(session, key, prompt_id, value=3, revision=2)
        score(session, key, prompt_id)
        for name in ("berta", "clara", "dora"):
            participant(session, name)
            vault.enrol(name, "telegram", BOT, name, NOW)
    vault.destroy("clara")
    with database.reading() as session:
        found = list(sealed.sheets(session, vault, "twice"))
        assert [sheet.participant_id for sheet in found] == ["anna", "berta", "dora"]
        assert [one.value for one in found[0].answers] == [1, 3, 2]
        assert [one.value for one in found[0].scores] == [4.25]
        assert found[1].answers == []
        (only,) = sealed.sheets(session, vault, "twice", answers=False, participant_ids=["anna"])
        assert (only.answers, len(only.scores)) == ([], 1)
        assert list(sealed.sheets(session, vault, "other")) == []


def test_after_erasing_nothing_is_left(database, vault, anna):
    key, (prompt_id, _) = anna
    with database.transaction() as session:
        answer(session, key, prompt_id)
        score(session, key, prompt_id)
        sealed.save_state(session, key, "{}", format=1, revision=1, anchor=None, now=NOW)
    vault.destroy("anna")
    with pytest.raises(KeyDestroyed):
        vault.person("anna")
    with database.transaction() as session:
        participants.purge(session, "anna")
        for table in (ANSWER, SCORE, CONVERSATION, PARTICIPANT):
            assert session.execute(table.select()).all() == []


def test_a_failed_update_is_kept_sealed(database, vault):
    with database.transaction() as session:
        sealed.keep_failed_update(
            session, vault.installation, BOT, 5, body="what she wrote", error="ValueError", now=NOW
        )
        assert sealed.failed_update(session, vault.installation, BOT, 5) == "what she wrote"
        assert sealed.failed_update(session, vault.installation, BOT, 6) is None
        assert b"what she wrote" not in inbox.failed(session)[0].body_sealed
        assert not inbox.take(session, BOT, 5, NOW)

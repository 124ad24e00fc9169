"""What she earns, sees and is given: each check-in that she starts or skips, with nothing to lose by stopping."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import select, update

from ema.domain.conversation.events import Handed, Reply
from ema.domain.localised import Localised
from ema.domain.protocol import Opening, Payment
from ema.services import payments, study, whole
from ema.services.payments import CannotPay, Whose
from ema.services.signin import Signed
from ema.services.staff import add
from ema.store import seal_check
from ema.store.rows import table_of
from ema.store.tables import Audit, LedgerEntry, Voucher
from tests.services.hers import copies, reached
from tests.services.world import BOT_ID, SMALL

LEDGER, VOUCHER = table_of(LedgerEntry), table_of(Voucher)


def paying(**more):
    payment = Payment(words=Localised({"en": "50 pence for each set."}), per_prompt_pence=50, **more)
    return SMALL.model_copy(update={"opening": Opening(payment=payment)})


@pytest.fixture
def world(make_world):
    return make_world(paying())


@pytest.fixture
def robin(world):
    return Signed(add(world.here, "Robin", "researcher"), "Robin", "researcher")


def entries(world, **conditions):
    wanted = [LEDGER.c[name] == value for name, value in conditions.items()]
    with world.database.reading() as session:
        return session.execute(select(LEDGER).where(*wanted).order_by(LEDGER.c.id)).all()


def paid(anna):
    """What /paid says, in its own words."""
    anna.write("/paid")
    return re.search(
        r"You have earned (\S+)\. You have had (\S+) of it\. Still to come: (\S+)\.", anna.last.text
    ).groups()


def listed(world, robin, *worths):
    text = "\n".join(f"CODE-{number}, {worth}" for number, worth in zip(count(1), worths, strict=False))
    return payments.add_vouchers(world.here, world.study, text, robin)


def test_finished_left_and_skipped_all_earn_and_silence_earns_nothing(world, anna):
    reached(anna)
    anna.answer()
    assert paid(anna) == ("£0.50", "£0.00", "£0.50")
    reached(anna)
    anna.tap("Start", "5", "Stop here")
    assert paid(anna)[0] == "£1.00"
    reached(anna)
    anna.tap("Skip")
    assert paid(anna)[0] == "£1.50"
    reached(anna)
    anna.tap("Later")
    reached(anna)
    world.wait(days=1)
    assert paid(anna)[0] == "£1.50"
    assert [(row.kind, row.pence) for row in entries(world)] == [("earned", 50)] * 3


def test_starting_it_again_or_tapping_twice_earns_once(world, anna):
    reached(anna)
    anna.tap("Start", "5", "Stop here")
    anna.write("/checkin")
    reached(anna)
    anna.press("Start")
    anna.press("Start")
    world.rest()
    about = [row.about for row in entries(world)]
    assert len(about) == len(set(about)) == 2


def test_a_set_handed_in_on_a_page_earns_as_in_the_chat(world, anna):
    world.wait(hours=5)
    (prompt,) = [row.id for row in anna.checkins() if row.state == "open"]
    replies = {item.id: Reply("skip") for item in world.protocol.questionnaires["checkin"].items}
    for _ in range(2):
        whole.hand_in(world.here, whole.Paper(BOT_ID, anna.address, Handed(prompt, replies)))
    world.rest()
    assert [(row.pence, row.about) for row in entries(world)] == [(50, f"prompt:{prompt}")]


def test_what_she_starts_herself_and_tries_out_is_not_among_the_paid(world):
    anna = world.phone()
    anna.join(world.invite()[0], practice="Try one now")
    anna.tap(*["5"] * 7)
    anna.write("/checkin")
    anna.tap(*["5"] * 7)
    assert entries(world) == []


def test_a_cap_that_was_stated_holds_and_is_no_cliff(make_world):
    world = make_world(paying(most_a_day_pence=75, most_in_all_pence=160))
    anna = world.joined()
    for _ in range(6):
        reached(anna)
        anna.tap("Skip")
    assert [row.pence for row in entries(world)] == [50, 25, 50, 25, 10]


def test_stopping_and_coming_back_keeps_it(world, anna):
    reached(anna)
    anna.answer()
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave", "What I have earned")
    assert "Still to come: £0.50" in anna.last.text
    assert "You keep it if you stop." in anna.last.text
    anna.tap("Carry on", "Come back")
    assert paid(anna) == ("£0.50", "£0.00", "£0.50")


def test_no_note_says_anything_of_it(world, anna):
    for _ in range(4):
        reached(anna)
        anna.answer()
    anna.write("/paid")
    new = {call.params["text"] for call in world.sent(chat_id=anna.phone.id)}
    assert not any("£" in text or "voucher" in text.lower() or "earned" in text for text in new)


def test_where_nothing_is_paid_it_says_so_and_the_menu_has_no_word_of_it(make_world):
    anna = make_world(SMALL).joined()
    anna.write("/paid")
    assert "Nothing is paid here." in anna.last.text
    anna.write("/start")
    assert "What I have earned" not in anna.last.labels


# --- vouchers


def test_she_asks_and_is_given_the_dearest_that_fits_once(world, anna, robin):
    listed(world, robin, "0.50", 1, 5)
    for _ in range(3):
        reached(anna)
        anna.answer()
    anna.write("/paid")
    anna.tap("Get a voucher")
    assert "This one is new, and yours." in anna.last.text
    assert "£1.00, since 3 March 2026: CODE-2" in anna.last.text
    anna.write("/paid")
    anna.tap("Get a voucher")
    assert "CODE-1" in anna.last.text
    assert paid(anna) == ("£1.50", "£1.50", "£0.00")
    assert "Get a voucher" not in anna.last.labels


def test_when_none_fits_she_is_told_and_keeps_what_she_has(world, anna, robin):
    listed(world, robin, 5)
    reached(anna)
    anna.answer()
    anna.write("/paid")
    anna.tap("Get a voucher")
    assert "There is no voucher for it just now." in anna.last.text
    assert paid(anna) == ("£0.50", "£0.00", "£0.50")


def test_two_who_ask_at_once_never_get_the_same_one(world, robin):
    listed(world, robin, *["0.50"] * 5)
    people = [world.joined(name) for name in ("Anna", "Bea", "Cleo")]
    for _ in range(2):
        world.wait(hours=5)
        for one in people:
            one.tap("Skip")
    whose = [Whose(world.study, one.id, robin) for one in people]

    def give(one):
        try:
            return payments.give_voucher(world.here, one)
        except CannotPay:
            return None

    with ThreadPoolExecutor(6) as pool:
        given = list(pool.map(give, whose * 4))
    earned = {one.id: sum(row.pence for row in entries(world, participant_id=one.id, kind="earned")) for one in people}
    with world.database.reading() as session:
        gone = session.execute(select(VOUCHER).where(VOUCHER.c.given_on.is_not(None))).all()
    abouts = [row.about for row in entries(world, kind="given")]
    assert sorted(abouts) == sorted(f"voucher:{row.id}" for row in gone)
    assert len(gone) == sum(one is not None for one in given) == min(5, sum(earned.values()) // 50)
    for one in people:
        assert sum(row.pence for row in entries(world, participant_id=one.id)) >= 0


def test_the_last_voucher_goes_to_one_of_two(world, robin):
    listed(world, robin, "0.50")
    people = [world.joined(name) for name in ("Anna", "Bea")]
    world.wait(hours=5)
    for one in people:
        one.tap("Skip")
        one.write("/paid")
        one.press("Get a voucher")
    world.rest()
    assert sum("CODE-1" in one.last.text for one in people) == 1
    assert sum("no voucher" in one.last.text for one in people) == 1


def test_a_code_is_nowhere_to_be_read_and_listed_once(world, anna, robin):
    assert listed(world, robin, "0.50", "0.50") == (2, 0)
    assert listed(world, robin, "0.50", "0.50", "0.50") == (1, 2)
    reached(anna)
    anna.answer()
    anna.write("/paid")
    anna.tap("Get a voucher")
    with world.database.reading() as session:
        for row in session.execute(select(VOUCHER)):
            assert b"CODE" not in row.code_sealed
        assert "CODE" not in str(session.execute(select(LEDGER)).all())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "There is no voucher in it."),
        ("code,pounds\n", "There is no voucher in it."),
        ("A, 5\nB", "Line 2 must be a code, a comma and its worth in pounds"),
        ("A, 5\nB, nought", "Line 2: what it is worth must be pounds above nought"),
        ("A, 0", "Line 1: what it is worth must be pounds above nought"),
    ],
)
def test_a_list_that_cant_be_read_adds_nothing_and_repeats_no_code(world, robin, text, says):
    with pytest.raises(CannotPay, match=re.escape(says)):
        payments.add_vouchers(world.here, world.study, text, robin)
    with world.database.reading() as session:
        assert session.execute(select(VOUCHER)).all() == []


def test_a_list_with_a_heading_and_semicolons_is_taken(world, robin):
    assert payments.add_vouchers(world.here, world.study, "\ufeffCode;Worth\nA;7,50\nB;£5\n\n", robin) == (2, 0)
    with world.database.reading() as session:
        assert sorted(row.pence for row in session.execute(select(VOUCHER))) == [500, 750]


# --- by hand


def test_staff_note_what_they_gave_and_put_right_by_adding(world, anna, robin):
    reached(anna)
    anna.answer()
    hers = Whose(world.study, anna.id, robin)
    with pytest.raises(CannotPay, match=r"Only £0.50 is still to come"):
        payments.give_by_hand(world.here, hers, "5", "cash")
    payments.correct(world.here, hers, "1", "not_counted", less=False)
    payments.give_by_hand(world.here, hers, "1.20", "cash")
    with pytest.raises(CannotPay, match="nothing that was given is taken back"):
        payments.correct(world.here, hers, "0.50", "counted_twice", less=True)
    assert paid(anna) == ("£1.50", "£1.20", "£0.30")
    assert [(row.kind, row.pence) for row in entries(world)] == [("earned", 50), ("corrected", 100), ("given", -120)]


# --- hers to take along, and to erase


def test_it_is_in_the_copy_of_what_is_kept(world, anna, robin):
    listed(world, robin, "0.50")
    for _ in range(2):
        reached(anna)
        anna.answer()
    anna.write("/paid")
    anna.tap("Get a voucher")
    files = copies(world, anna)
    held = json.loads(files["copy.json"])["held"]
    assert [row["pence"] for row in held["ledger"]] == [50, 50, -50]
    assert [row["code"] for row in held["voucher"]] == ["CODE-1"]
    assert "What you earned and had" in files["copy.html"]
    assert "Given to you: £0.50: CODE-1" in files["copy.html"]
    assert "Still to come: £0.50" in files["copy.html"]


def test_who_erases_everything_is_told_first_and_leaves_only_what_was_given_out(world, anna, robin):
    listed(world, robin, "0.50")
    for _ in range(2):
        reached(anna)
        anna.answer()
    anna.write("/paid")
    anna.tap("Get a voucher")
    payments.correct(world.here, Whose(world.study, anna.id, robin), "1", "not_counted", less=False)
    hers = anna.id
    anna.write("/stop")
    anna.tap("Stop, and erase everything")
    assert "You have £1.50 still to come. That goes too. You can get it first." in anna.last.text
    assert "What I have earned" in anna.last.labels
    anna.tap("Yes, erase everything")
    assert [(row.kind, row.pence, row.participant_id) for row in entries(world)] == [("given", -50, None)]
    with world.database.reading() as session:
        (voucher,) = session.execute(select(VOUCHER)).all()
        said = [(row.action, row.subject) for row in session.execute(select(table_of(Audit))) if "staff" in row.actor]
    assert (voucher.participant_id, voucher.code_sealed) == (None, None)
    assert voucher.given_on is not None
    assert said
    assert not any(hers in subject for _, subject in said)


def test_the_doctor_opens_every_code_and_tells_of_one_that_was_moved(world, anna, robin):
    listed(world, robin, "0.50", "0.50", "0.50")
    reached(anna)
    anna.answer()
    anna.write("/paid")
    anna.tap("Get a voucher")

    def found():
        with world.database.reading() as session:
            return list(seal_check.unreadable(session, world.vault))

    assert found() == []
    with world.database.transaction() as session:
        rows = session.execute(select(VOUCHER).order_by(VOUCHER.c.id)).all()
        for row, other in zip(rows, [*rows[1:], rows[0]], strict=True):
            session.execute(update(VOUCHER).where(VOUCHER.c.id == row.id).values(code_sealed=other.code_sealed))
    assert len(found()) == 3


def test_the_ledger_has_no_clock(world, anna):
    reached(anna)
    anna.answer()
    (row,) = entries(world)
    assert not any(hasattr(cell, "hour") for cell in row)


def test_a_new_version_pays_for_what_was_planned_under_it(world, anna):
    reached(anna)
    anna.answer()
    dearer = Payment(words=Localised({"en": "£1 for each set."}), per_prompt_pence=100)
    newer = world.protocol.model_copy(
        update={"version": world.protocol.version + 1, "opening": Opening(payment=dearer)}
    )
    study.load(world.here, newer)
    study.move_on(world.here, world.study)
    for _ in range(2):
        reached(anna)
        anna.answer()
    assert entries(world)[0].pence == 50
    assert entries(world)[-1].pence == 100

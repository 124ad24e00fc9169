import csv
import io
import re

import pytest

from ema.domain.localised import Localised
from ema.domain.protocol import Opening, Payment
from ema.services import staff
from ema.services.payments import Whose, add_vouchers, give_voucher
from ema.services.signin import Signed
from ema.store import audit, ledger
from tests.web import factories
from tests.web.factories import NOW, Someone
from tests.web.pages import ORIGIN, form_token, post

BOOKS = "/payments/twice_daily"


@pytest.fixture
def paying(both):
    """One person to whom two pounds are owed, in a study that pays."""
    payment = Payment(words=Localised({"en": "£1 a set.", "es": "£1 por grupo."}), per_prompt_pence=100)
    study = factories.study(both, factories.load().model_copy(update={"opening": Opening(payment=payment)}))
    factories.join(both, study, Someone("P-anise"))
    with both.database.transaction() as session:
        for number in range(2):
            ledger.add(
                session,
                study_id=study.id,
                participant_id="P-anise",
                kind="earned",
                pence=100,
                about=f"prompt:{number + 1}",
                how="",
                on=NOW.date(),
            )
    return both


@pytest.fixture
def robin(paying):
    return Signed(staff.add(paying, "Robin", "admin"), "Robin", "admin")


def sums(page):
    """Earned, put right, given, still to come."""
    row = re.search(r"<tr><th scope=\"row\">P-anise</th>(.*?)<td><details>", page, re.DOTALL)[1]
    return re.findall(r"£[\d.]+", row)


@pytest.mark.parametrize("role", ["researcher", "admin"])
def test_researchers_and_admins_see_what_is_paid_by_pseudonym(paying, visit, role):
    client = visit(paying, role)
    assert BOOKS in client.get("/payments").text
    page = client.get(BOOKS).text
    assert sums(page) == ["£2.00", "£0.00", "£0.00", "£2.00"]
    assert "address of" not in page
    with paying.database.reading() as session:
        assert ("saw what is paid", "study:twice_daily") in [(row.action, row.subject) for row in audit.newest(session)]


def test_peer_workers_have_no_way_to_it(paying, visit):
    client = visit(paying, "peer")
    peers = client.get("/peers").text
    assert "ayment" not in peers
    assert "£" not in peers
    for path in ("/payments", BOOKS, f"{BOOKS}/ledger.csv"):
        assert client.get(path).status_code == 403
    token = form_token(peers)
    for what, values in {
        "vouchers": {"pasted": "A, 5"},
        "P-anise/voucher": {},
        "P-anise/given": {"amount": "1", "how": "cash"},
        "P-anise/corrected": {"amount": "1", "why": "not_counted", "way": "more"},
    }.items():
        answer = client.post(f"{BOOKS}/{what}", data={"form_token": token, **values}, headers=ORIGIN)
        assert answer.status_code == 403, what
    with paying.database.reading() as session:
        assert len(ledger.entries(session, "twice_daily")) == 2


def test_without_a_sign_in_nothing_is_shown(paying, visit):
    assert visit(paying).get(BOOKS).status_code == 401


def test_a_list_is_pasted_or_uploaded_and_no_page_shows_a_code(paying, visit):
    client = visit(paying, "admin")
    page = post(client, f"{BOOKS}/vouchers", page=BOOKS, pasted="SECRET-1, 1\nSECRET-2, 5").text
    assert "The list was taken in." in page
    token = form_token(page)
    file = {"file": ("codes.csv", "SECRET-2,5\nSECRET-3,5\n".encode("utf-8-sig"), "text/csv")}
    page = client.post(f"{BOOKS}/vouchers", data={"form_token": token}, files=file, headers=ORIGIN).text
    assert re.findall(r"<tr><th scope=\"row\">(£[\d.]+)</th><td class=\"num\">(\d)</td>", page) == [
        ("£1.00", "1"), ("£5.00", "2"),
    ]  # fmt: skip
    page = post(client, f"{BOOKS}/P-anise/voucher", page=BOOKS).text
    assert sums(page) == ["£2.00", "£0.00", "£1.00", "£1.00"]
    assert "SECRET" not in page + client.get(f"{BOOKS}/ledger.csv").text


def test_what_does_not_fit_is_refused_in_plain_words(paying, visit):
    client = visit(paying, "researcher")
    for what, values, says in (
        ("vouchers", {"pasted": "A; B; C"}, "Line 1 must be a code"),
        ("P-anise/voucher", {}, "No free voucher is worth what is still to come"),
        ("P-anise/given", {"amount": "3", "how": "cash"}, "Only £2.00 is still to come"),
        ("P-anise/given", {"amount": "-1", "how": "cash"}, "must be pounds above nought"),
        ("P-anise/given", {"amount": "1", "how": "gold"}, "The ways are Cash"),
        ("P-anise/corrected", {"amount": "1", "why": "because", "way": "more"}, "The reasons are"),
        ("P-nobody/given", {"amount": "1", "how": "cash"}, "P-nobody"),
    ):
        answer = post(client, f"{BOOKS}/{what}", page=BOOKS, **values)
        assert answer.status_code in {404, 422}, what
        assert says in answer.text, what
    file = {"file": ("codes.csv", b"\xff\xfe\x00", "text/csv")}
    data = {"form_token": form_token(client.get(BOOKS).text)}
    answer = client.post(f"{BOOKS}/vouchers", data=data, files=file, headers=ORIGIN)
    assert "no text in UTF-8" in answer.text
    assert sums(client.get(BOOKS).text) == ["£2.00", "£0.00", "£0.00", "£2.00"]


def test_giving_and_putting_right_by_hand(paying, visit):
    client = visit(paying, "researcher")
    page = post(client, f"{BOOKS}/P-anise/given", page=BOOKS, amount="1.50", how="cash").text
    assert sums(page) == ["£2.00", "£0.00", "£1.50", "£0.50"]
    page = post(client, f"{BOOKS}/P-anise/corrected", page=BOOKS, amount="1", why="not_counted", way="more").text
    assert sums(page) == ["£2.00", "£1.00", "£1.50", "£1.50"]


def test_the_books_to_take_away_name_nobody(paying, robin, visit):
    add_vouchers(paying, "twice_daily", "SECRET-1, 1", robin)
    give_voucher(paying, Whose("twice_daily", "P-anise", robin))
    text = visit(paying, "researcher").get(f"{BOOKS}/ledger.csv").text
    assert "anise" not in text
    assert list(csv.reader(io.StringIO(text))) == [
        ["entry", "date", "kind", "pounds", "how"],
        ["1", "2026-03-30", "earned", "1.00", ""],
        ["2", "2026-03-30", "earned", "1.00", ""],
        ["3", "2026-03-30", "given", "-1.00", "voucher"],
    ]

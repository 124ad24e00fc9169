"""What a study's file may say of payment, and what it then comes to."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ema.domain.localised import Localised
from ema.domain.payment import earns, pounds
from ema.domain.protocol import Opening, Payment
from ema.domain.studyfile import load_study, validate
from questionnaires import ROOT

STUDY = load_study(ROOT / "studies" / "twice_daily.yaml")


@pytest.fixture
def stated(tmp_path):
    """Validate the bundled study with another `opening`."""
    shutil.copytree(ROOT, tmp_path / "q", ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.cases.yaml"))
    file = tmp_path / "q" / "studies" / "twice_daily.yaml"

    def validated(opening):
        text = file.read_text()
        assert "opening: {}" in text
        file.write_text(text.replace("opening: {}", opening, 1))
        return validate(file)

    return validated


PAID = "opening: {payment: {words: {en: 50 p a set., es: 50 p por grupo.}, per_prompt_pence: 50"


@pytest.mark.parametrize(
    ("more", "field", "message"),
    [
        (", schedules: [chekin]", "schedules", "did you mean “checkin”?"),
        (", schedules: [checkin, checkin]", "schedules", "is listed twice; remove one"),
        (", most_a_day_pence: 20", "most_a_day_pence", "less than one check-in earns (£0.50); write 50 or more"),
        (", most_in_all_pence: 20", "most_in_all_pence", "less than one check-in earns (£0.50); write 50 or more"),
        (
            ", most_a_day_pence: 80, most_in_all_pence: 60",
            "most_in_all_pence",
            "a day may earn (£0.80); write 80 or more",
        ),
        (", most_a_day_pence: 0", "most_a_day_pence", "must be more than 0"),
        (", forfeit_after: 3", "forfeit_after", "is no field here; there are words, per_prompt_pence, schedules"),
        (", most_a_day_pence: £2", "most_a_day_pence", "must be a whole number"),
    ],
)
def test_a_payment_that_cant_be_meant_is_told_with_what_would_fit(stated, more, field, message):
    (finding,) = stated(f"{PAID}{more}}}}}")
    assert finding.field.startswith(f"opening.payment.{field}")
    assert message in finding.message
    assert finding.line is not None


def test_a_cap_without_a_payment_is_told(stated):
    nothing = PAID.replace("per_prompt_pence: 50", "most_in_all_pence: 500")
    (finding,) = stated(f"{nothing}}}}}")
    assert "but per_prompt_pence is 0" in finding.message


def test_a_payment_that_is_whole_is_sound(stated):
    whole = f"{PAID}, schedules: [checkin], most_a_day_pence: 100, most_in_all_pence: 2800}}}}"
    assert stated(whole) == []


@given(
    one=st.integers(1, 500),
    a_day=st.none() | st.integers(1, 2000),
    in_all=st.none() | st.integers(1, 20000),
    perday=st.integers(1, 6),
    days=st.integers(1, 30),
)
def test_each_check_in_earns_the_same_until_a_cap_and_never_takes_back(one, a_day, in_all, perday, days):
    words = Localised({"en": "It is paid."})
    payment = Payment(words=words, per_prompt_pence=one, most_a_day_pence=a_day, most_in_all_pence=in_all)
    paid = STUDY.model_copy(update={"opening": Opening(payment=payment)})
    total = 0
    for _ in range(days):
        today = 0
        for _ in range(perday):
            more = earns(paid, "checkin", today, total)
            assert 0 <= more <= one
            today, total = today + more, total + more
        assert today == min(one * perday, a_day or one * perday) or total == in_all
    full = days * min(one * perday, a_day or one * perday)
    assert total == min(full, in_all or full)
    assert earns(paid, "exit", 0, 0) == 0


def test_pounds_are_written_as_people_write_them():
    assert [pounds(pence) for pence in (0, 5, 450, -120, 100_000)] == ["£0.00", "£0.05", "£4.50", "−£1.20", "£1000.00"]

"""Numbers as they are printed: three digits that mean something."""

import pytest

from analysis.frames import tidy
from analysis.mixed.model import fit
from analysis.mixed.words import number
from analysis.tables import interval, probability


@pytest.mark.parametrize(("value", "text"), [
    (0.4795, "0.479"), (-0.5, "−0.500"), (19.02, "19.0"), (123.4, "123"), (12345.6, "12,346"),
    (0, "0"), (-1e-9, "0"), (0.0000123, "0.000012"), (-0.00987, "−0.00987"),
])  # fmt: skip
def test_a_number_has_three_significant_digits_and_a_true_minus(value, text):
    assert number(value) == text


def test_an_interval_shows_an_end_that_there_isn_t_as_a_dash():
    assert interval(0.5, None) == "0.500 to –"


def test_a_probability_is_never_printed_as_nothing():
    assert [probability(p) for p in (1e-9, 0.0123, 0.5, None)] == ["<.001", ".012", ".500", "–"]


def test_a_singular_fit_says_nothing_of_how_far_persons_differ(diary):
    """The same course for everybody, so that persons are more alike than chance would have it."""
    frame = diary(persons=30, slope=0.5)
    frame["score"] -= frame.groupby("who")["score"].transform("mean")
    found = fit(tidy(frame, person="who", time="day", score="score", beep="obs"))
    assert found.singular
    assert "How far persons differ in it, these answers can't tell." in found.sentence
    assert "95 of 100" not in found.sentence

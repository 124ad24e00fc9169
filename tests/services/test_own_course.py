"""Her own answers as a picture and as words: what is said holds, whatever she gave."""

import re
import struct
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.localised import Localised
from ema.services.own_course import FEWEST, Course, drawn, words
from ema.texts import languages
from tests.services.world import utc

LABEL = Localised({"en": "How you feel", "es": "Cómo te sientes"})


def course(values, left_out=0, scale=(1, 7)):
    """Two a day, at three and at nine."""
    when = (utc(2026, 5, 1) + timedelta(days=at // 2, hours=15 + 6 * (at % 2)) for at in range(len(values)))
    return Course(LABEL, scale, tuple(zip(when, values, strict=True)), left_out)


scores = st.lists(st.integers(3, 21).map(lambda thirds: thirds / 3), min_size=FEWEST, max_size=80)


@given(scores)
def test_at_least_half_lie_where_it_says_and_at_most_a_quarter_at_each_end(values):
    low, high = course(values).usual
    assert min(values) <= low <= high <= max(values)
    assert sum(low <= value <= high for value in values) * 2 >= len(values)
    assert sum(value < low for value in values) * 4 <= len(values)
    assert sum(value > high for value in values) * 4 <= len(values)


@settings(max_examples=50)
@given(scores, st.sampled_from(languages()))
def test_the_words_have_the_same_numbers_in_every_language(values, language):
    def numbers(said):
        return [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d)?", said)]

    found = course(values)
    rounded = [round(value, 1) for value in (min(values), max(values), *found.usual)]
    assert numbers(words([found], language)) == [len(values), *rounded, 1, 7]


def test_always_the_same_says_so():
    assert words([course([4.0] * 5)], "en") == (
        "From 5 sets so far. Lowest 4, highest 4. At least half are from 4 to 4. They can go from 1 to 7."
    )


def test_what_was_given_in_another_way_is_told():
    assert words([course([4.0] * 5, left_out=2)], "en").endswith("2 more were given in another way and are left out.")


def test_of_two_the_one_with_too_few_is_only_told():
    said = words([course([4.0] * 5), course([4.0] * 4)], "en")
    assert said.endswith("\n\nNumber 2: Too few for a picture so far.")
    assert _size(drawn([course([4.0] * 5), course([4.0] * 4)], "en")) == _size(drawn([course([4.0] * 5)], "en"))


def _size(png):
    assert png.startswith(b"\x89PNG")
    return struct.unpack(">II", png[16:24])


@pytest.mark.parametrize("number", [5, 56, 400])
@pytest.mark.parametrize("scale", [(1, 7), (0, 100), (0, 30.5)])
def test_a_picture_is_small_and_the_same_for_the_same_answers(number, scale):
    found = [course([scale[0] + at % 7 for at in range(number)], scale=scale)] * 2
    assert drawn(found, "pl") == drawn(found, "pl")
    assert len(drawn(found, "pl")) < 200_000


def test_no_line_joins_what_is_known_to_what_is_not():
    """A picture of two days with a month between has no more ink in the middle than the grid."""
    import io

    import matplotlib.image as images

    apart = [(utc(2026, 5, day, 12), value) for day, value in ((1, 2.0), (1, 2.0), (31, 6.0), (31, 6.0), (31, 6.0))]
    pixels = images.imread(io.BytesIO(drawn([Course(LABEL, (1, 7), tuple(apart))], "en")))
    middle = pixels[:, pixels.shape[1] // 2, :3]
    blue = (abs(middle - [0x2B / 255, 0x5C / 255, 0x8A / 255]) < 0.02).all(axis=1)
    assert not blue.any()

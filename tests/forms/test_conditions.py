"""XLSForm's expressions in this platform's language: the same for every answer, the empty one too."""

import pytest

from ema.domain.expressions import Given, evaluate, parse
from ema.forms.conditions import Named, NotCarried, translate

KNOWN = {
    "n": Named("n"),
    "yn": Named("yn", options={"1": "1", "0": "0"}, coded=True),
    "who": Named("who", options={"friend": "friend", "nobody-at-all": "nobody_a"}),
    "many": Named("many", several=True, options={"x": "x", "y": "y"}),
}


@pytest.mark.parametrize(
    ("xpath", "ours"),
    [
        ("${n} > 3", "n > 3"),
        ("3 < ${n}", "n > 3"),
        ("${ n } + 1 >= 2 * 3", "(n + 1) >= (2 * 3)"),
        ("${n} div 2 = 1", "(n / 2) == 1"),
        ("-${n} < -1", "(-n) < (-1)"),
        ("${yn} = '1'", 'yn == "1"'),
        ("${yn} = 1", 'yn == "1"'),
        ("${yn} + ${n} > 1", "(number(yn) + n) > 1"),
        ("${who} = 'nobody-at-all'", 'who == "nobody_a"'),
        ("selected(${many}, 'x')", 'answered(many) and "x" in many'),
        ("selected(${who}, 'friend')", 'answered(who) and who == "friend"'),
        ("${n} = ''", "not answered(n)"),
        ("${n} != ''", "answered(n)"),
        ("${n} != 2", "not (answered(n)) or n != 2"),
        ("not(${n} > 3)", "not (answered(n) and n > 3)"),
        ("${n} > 3 and (${n} < 5 or ${yn} = '1')", '(n > 3) and ((n < 5) or (yn == "1"))'),
    ],
)
def test_what_can_be_said(xpath, ours):
    assert translate(xpath, KNOWN) == ours
    parse(ours)


@pytest.mark.parametrize(
    ("xpath", "n", "holds"),
    [
        ("${n} != 2", None, True),
        ("${n} != 2", 2, False),
        ("${n} != 2", 3, True),
        ("not(${n} > 3)", None, True),
        ("not(${n} > 3)", 5, False),
        ("not(not(${n} > 3))", None, False),
        ("${n} > 3 or ${n} = ''", None, True),
    ],
)
def test_an_empty_answer_counts_as_in_xpath(xpath, n, holds):
    given = Given({} if n is None else {"n": n})
    assert (evaluate(parse(translate(xpath, KNOWN)), given) is True) is holds


@pytest.mark.parametrize(
    ("xpath", "why"),
    [
        ("${later} = 1", "“later” is not carried, or comes later"),
        ("${who} = 'x'", "“x” is no option of who"),
        ("${who} > 1", "“who” is no number"),
        ("${many} = 'x'", "several answers is compared"),
        ("count-selected(${many}) > 1", "the function “count-selected” has no counterpart"),
        ("today() > ${n}", "the function “today” has no counterpart"),
        ("${n} mod 2 = 1", "“mod” was not expected there"),
        ("${n} = 1 = 2", "three things in a row"),
        ("(" * 40 + "${n} > 1" + ")" * 40, "nests too deep"),
        ("${n} > 'b'", "text can only be compared for being the same"),
        ("${n} and ${n}", "joins something that is no condition"),
        ("'a' = 'b'; drop", "“; drop” has no counterpart"),
        ("", "“more” is missing at its end"),
    ],
)
def test_what_can_not_be_said_is_refused_with_the_reason(xpath, why):
    with pytest.raises(NotCarried, match=why.replace("(", r"\(")):
        translate(xpath, KNOWN)

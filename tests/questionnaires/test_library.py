"""The library keeps the traps of its instruments, their risk items and their licences."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ema.domain.errors import Finding
from ema.domain.questionnaire import Questionnaire
from ema.domain.scoring import compute
from ema.domain.studyfile import load_questionnaire, load_study, validate
from questionnaires import ROOT

FORMS = {
    file.stem: load_questionnaire(file) for file in sorted(ROOT.glob("*.yaml")) if not file.stem.endswith(".cases")
}
FREE = {"rses_a", "rses_b", "phq2", "phq4", "phq8", "phq9", "gad2", "gad7", "k6", "ons4", "ons_lonely"}
LICENSED = {"swemwbs", "wemwbs", "sses20", "sise", "panas", "ipanas_sf", "mdmq6", "ucla3", "core10"}
BUNDLED = {"checkin", "rses_a", "ons4", "still_ok", "consent_again", "exit"}
"""Their stored documents may not change, so what they are called when altered stands in the README."""


def codes(name: str) -> list[int]:
    (first, *_) = FORMS[name].items
    return [option.code for option in first.options]


def labels(name: str) -> dict[str, int]:
    (first, *_) = FORMS[name].items
    return {option.label.say("en"): option.code for option in first.options}


# --- traps


def test_both_orders_of_rosenberg_give_the_same_person_the_same_score_and_never_with_the_other_key():
    a, b = FORMS["rses_a"], FORMS["rses_b"]
    assert {item.text.say("en") for item in a.items} == {item.text.say("en") for item in b.items}
    chosen = dict(
        zip(
            (item.text.say("en") for item in a.items),
            ["a", "d", "sa", "a", "sd", "a", "sa", "sa", "d", "d"],
            strict=True,
        )
    )
    by_order = [
        compute(form, {item.id: chosen[item.text.say("en")] for item in form.items})[0].value for form in (a, b)
    ]
    assert by_order == [19, 19]
    by_position = {f"rses_{n}": chosen[item.text.say("en")] for n, item in enumerate(b.items, start=1)}
    assert compute(a, by_position)[0].value != 19
    assert not {item.id for item in a.items} & {item.id for item in b.items}


def test_the_reversed_sentences_of_rosenberg_are_the_same_five_in_both_orders():
    turned = [
        {item.text.say("en") for item in form.items if item.id in form.scores[0].reverse}
        for form in (FORMS["rses_a"], FORMS["rses_b"])
    ]
    assert turned[0] == turned[1]
    assert len(turned[0]) == 5


def test_who_5_is_raw_times_four_on_codes_from_0():
    assert codes("who5") == [5, 4, 3, 2, 1, 0]
    for answer in range(6):
        (score,) = compute(FORMS["who5"], {f"who5_{n}": str(answer) for n in range(1, 6)})
        assert score.value == 5 * answer * 4
        assert score.value != (5 * answer - 5) * 4


def test_who_5_labels_say_time_and_not_days():
    assert labels("who5") == {
        "All of the time": 5,
        "Most of the time": 4,
        "More than half of the time": 3,
        "Less than half of the time": 2,
        "Some of the time": 1,
        "At no time": 0,
    }


@pytest.mark.parametrize("name", ["phq2", "phq4", "phq8", "phq9", "gad2", "gad7"])
def test_the_lowest_option_of_phq_and_gad_is_not_at_all(name):
    assert labels(name) == {"Not at all": 0, "Several days": 1, "More than half the days": 2, "Nearly every day": 3}


def test_k6_is_coded_0_to_4_and_not_1_to_5():
    assert labels("k6")["None of the time"] == 0
    assert labels("k6")["All of the time"] == 4
    assert FORMS["k6"].scores[0].range == (0, 24)


def test_ons4_makes_no_composite():
    assert [len(score.items) for score in FORMS["ons4"].scores] == [1, 1, 1, 1]


def test_phq_8_is_phq_9_without_its_last_item_and_the_short_ones_are_their_beginnings():
    words = {name: [item.text.say("en") for item in FORMS[name].items] for name in FORMS if name not in LICENSED}
    assert words["phq9"][:8] == words["phq8"]
    assert words["phq8"][:2] == words["phq2"]
    assert words["gad7"][:2] == words["gad2"] == words["phq4"][:2]
    assert sorted(words["phq4"][2:]) == sorted(words["phq2"])


def test_the_swemwbs_metric_rises_all_the_way_and_meets_the_raw_score_at_both_ends():
    table = FORMS["swemwbs"].scores[0].lookup
    values = [table[raw] for raw in range(7, 36)]
    assert values == sorted(set(values))
    assert (table[7], table[35]) == (7, 35)


def test_the_swemwbs_metric_is_the_published_one_all_the_way():
    published = """7.00 9.51 11.25 12.40 13.33 14.08 14.75 15.32 15.84 16.36 16.88 17.43 17.98 18.59 19.25 19.98 20.73
        21.54 22.35 23.21 24.11 25.03 26.02 27.03 28.13 29.31 30.70 32.55 35.00"""
    table = FORMS["swemwbs"].scores[0].lookup
    assert [table[raw] for raw in range(7, 36)] == [float(value) for value in published.split()]


# --- risk items


def test_exactly_the_two_risk_items_are_marked():
    assert [item.id for form in FORMS.values() for item in form.items if item.risk] == ["core10_6", "phq9_9"]


# --- licences


@pytest.mark.parametrize("name", sorted(LICENSED))
def test_of_a_licensed_instrument_no_word_is_here(name):
    form = FORMS[name]
    assert form.wording == "licensed"
    assert form.provenance.validation.startswith("Scoring only")
    assert form.introduction is None
    for at, item in enumerate(form.items, start=1):
        assert item.id == f"{name}_{at}"
        for field in ("text", "low", "high"):
            words = getattr(item, field, None)
            assert words is None or words.root == {}
        assert all(option.label.root == {} for option in getattr(item, "options", ()))


def test_every_other_one_has_its_words():
    assert {name for name, form in FORMS.items() if form.wording == "licensed"} == LICENSED
    assert set(FORMS) - LICENSED == FREE | BUNDLED | {"who5"}


def test_who_5_stands_under_its_own_licence():
    assert FORMS["who5"].provenance.licence == "CC BY-NC-SA 3.0 IGO"
    head = (ROOT / "who5.yaml").read_text().split("format:")[0]
    assert "Not covered by the licence of this project's code" in head.replace("\n# ", " ")


@pytest.mark.parametrize("name", sorted(set(FORMS) - BUNDLED))
def test_each_says_what_it_must_be_called_when_altered(name):
    assert FORMS[name].provenance.if_altered


# --- in a study


@pytest.fixture
def study(tmp_path: Path):
    """A study of the library's check-in and one more instrument, with a wording file if given; validated."""

    def validated(name: str, wording: str | None = None, rota: bool = False) -> list[Finding]:
        text = (ROOT / "studies" / "twice_daily.yaml").read_text()
        text = text.replace("exit]\npractice", f"exit, {name}]\npractice", 1).replace("[en, es]", "[en]", 1)
        text = text.replace("questionnaires: [rses_a, ons4]", f"questionnaires: [rses_a, ons4, {name}]", 1)
        text = text.replace("days: 28\n", "days: 28\non_call_rota: true\n" if rota else "days: 28\n", 1)
        (tmp_path / "studies").mkdir(exist_ok=True)
        for file in ROOT.glob("*.yaml"):
            (tmp_path / file.name).write_text(file.read_text())
        (tmp_path / "studies" / "mine.yaml").write_text(text)
        if wording is not None:
            (tmp_path / "studies" / f"{name}.wording.yaml").write_text(wording)
        return validate(tmp_path / "studies" / "mine.yaml")

    return validated


README_EXAMPLE = re.search(r"```yaml wording\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]


@pytest.mark.parametrize("name", sorted((FREE | {"who5"}) - BUNDLED - {"phq9"}))
def test_any_free_instrument_can_be_asked(study, name):
    assert study(name) == []


@pytest.mark.parametrize("name", sorted(LICENSED))
def test_a_licensed_one_is_refused_without_its_words(study, name):
    (finding,) = study(name)
    assert finding.field == "questionnaires[7]"
    assert f"write the words into {name}.wording.yaml in the study's folder" in finding.message


def test_with_the_words_of_a_licence_it_is_asked_and_says_whose_licence_it_is(study, tmp_path):
    assert study("swemwbs", README_EXAMPLE) == []
    form: Questionnaire = load_study(tmp_path / "studies" / "mine.yaml").questionnaires["swemwbs"]
    assert form.items[6].text.say("en") == "words of item 7"
    assert form.items[6].options[0].label.say("en") == "words for 1"
    assert form.wording_licence.startswith("Licence 1234")
    assert compute(form, {f"swemwbs_{n}": "3" for n in range(1, 8)})[0].value == 19.25


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ('  "4": {en: words for 4}\n', "", "items.swemwbs_1", "swemwbs_1 has no label for 4; add it"),
        ("  swemwbs_7: {text: {en: words of item 7}}\n", "", "items.swemwbs_7", "swemwbs_7 has no text; add it"),
        ("swemwbs_7:", "swemwbs_8:", "items.swemwbs_8", "is no item of swemwbs"),
        ("instrument: swemwbs", "instrument: wemwbs", "instrument", "is wemwbs, but the file is for swemwbs"),
        ("licence: ", "license: ", "license", "did you mean “licence”?"),
        ("{en: words of item 2}", "{es: palabras}", "items.swemwbs_2.text", "has no words in “en”"),
        ("{en: words for 3}", '{en: ""}', "labels.3.en", "is empty; write the words"),
    ],
)
def test_a_wording_file_with_a_gap_is_refused_at_its_own_line(study, old, new, field, message):
    assert old in README_EXAMPLE
    findings = study("swemwbs", README_EXAMPLE.replace(old, new, 1))
    assert any(message in finding.message and field == finding.field for finding in findings), findings
    assert all(Path(finding.file).name == "swemwbs.wording.yaml" for finding in findings)
    assert all(finding.line for finding in findings)


def test_words_can_not_switch_off_a_risk_item(study):
    numbers = "\n".join(f"  core10_{n}: {{text: {{en: item {n}}}}}" for n in range(1, 11))
    labels_ = "\n".join(f'  "{n}": {{en: label {n}}}' for n in range(5))
    words = f"instrument: core10\nlicence: CC BY-ND 4.0\nlabels:\n{labels_}\nitems:\n{numbers}\n"
    (finding,) = study("core10", words)
    assert finding.field == "items.core10_6.risk"
    assert "nobody is on call in this study" in finding.message
    assert study("core10", words, rota=True) == []


def test_phq_9_needs_somebody_on_call(study):
    (finding,) = study("phq9")
    assert (finding.field, Path(finding.file).name) == ("items.phq9_9.risk", "phq9.yaml")
    assert study("phq9", rota=True) == []


def test_taking_the_mark_off_a_copy_of_phq_9_does_not_help(study, tmp_path):
    assert study("phq9", rota=True) == []
    copy = tmp_path / "phq9.yaml"
    copy.write_text(copy.read_text().replace("    risk: true\n", ""))
    (finding,) = validate(tmp_path / "studies" / "mine.yaml")
    assert "PHQ-9 item 9, which can disclose a risk to life; write risk: true" in finding.message

"""Every refusal of a study file names the file, the line, the field, and what would mend it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ema.domain.errors import Finding, InvalidStudy
from ema.domain.studyfile import load_questionnaire, load_study, validate
from ema.domain.studyfile.marked import read
from questionnaires import ROOT

STUDY = "studies/twice_daily.yaml"
Change = Callable[..., list[Finding]]


@pytest.fixture
def change(tmp_path: Path) -> Change:
    """Copy the bundled study, replace words in one of its files (once each), and validate the copy."""
    shutil.copytree(ROOT, tmp_path / "q", ignore=shutil.ignore_patterns("*.py", "__pycache__", "*.cases.yaml"))

    def validated(file: str, *replaced: tuple[str, str]) -> list[Finding]:
        path = tmp_path / "q" / file
        text = path.read_text()
        for old, new in replaced:
            assert old in text, f"{old!r} is not in {file}"
            text = text.replace(old, new, 1)
        path.write_text(text)
        return validate(tmp_path / "q" / STUDY)

    return validated


def test_the_bundled_study_is_sound():
    assert validate(ROOT / STUDY) == []


# (file, what is replaced, by what, words in the line that is blamed, field, words of the message)
REFUSED = [
    # the shape of fields
    (STUDY, "days: 28", "days: 0", "days: 0", "days", "must be more than 0"),
    (STUDY, "days: 28", "days: 28.5", "days: 28.5", "days", "must be a whole number"),
    (STUDY, "days: 28", 'days: "28"', 'days: "28"', "days", "must be a whole number, without quotes"),
    (STUDY, "days: 28", "days: true", "days: true", "days", "must be a whole number"),
    (STUDY, "title: Twice daily", "tilte: Twice daily", "tilte:", "tilte", "did you mean “title”?"),
    (STUDY, "days: 28\n", "days: 28\nplanet: Mars\n", "planet: Mars", "planet", "is no field here; there are format, id, version"),
    (STUDY, "version: 3\n", "version: 3\nversion: 4\n", "version: 4", "version", "already written in line 7"),
    (STUDY, 'version: "1"', "version: 1", "  version: 1", "consent.version", "must be text; put it in quotes"),
    (STUDY, 'version: "1"', 'version: ""', '  version: ""', "consent.version", "is empty; write something"),
    (STUDY, "id: twice_daily", "id: Twice Daily", "id: Twice Daily", "id", "must be small letters, digits and"),
    (STUDY, "languages: [en, es]", "languages: []", "languages: []", "languages", "at least 1 are needed"),
    (STUDY, "languages: [en, es]", "languages: en", "languages: en", "languages", "must be a list"),
    (STUDY, "opening: {}", "opening: {freeze_date: soon}", "freeze_date", "opening.freeze_date", "such as 2026-03-29"),
    (STUDY, "    kind: random_window", "    kind: random", "id: checkin", "schedules.checkin", "“random” is not known"),
    (STUDY, "    kind: random_window\n", "", "id: checkin", "schedules.checkin", "has no kind; add one"),
    (STUDY, "    open_for_minutes: 240\n", "", "id: checkin", "schedules.checkin.open_for_minutes", "is missing"),
    (STUDY, "after_minutes: 60", "after_minutes: 0", "after_minutes: 0", "reminders[1].after_minutes", "more than 0"),
    (STUDY, "nation: England", "nation: Cornwall", "Cornwall", "help_lines.NHS 111, option 2.nation", "must be UK, England"),
    ("ons4.yaml", "type: rating", "type: slider", "id: ons4_1", "items.ons4_1", "choose one of choice, computed, date, duration"),
    ("ons4.yaml", "    max: 10", "    max: 11", "max: 11", "items.ons4_1.max", "must be 10 or less"),
    ("ons4.yaml", "    min: 0\n    max: 10", "    min: 5\n    max: 3", "ons4_1", "items.ons4_1", "min (5) must be below max (3)"),
    ("ons4.yaml", "  source:", "  sauce:", "sauce", "provenance.sauce", "did you mean “source”?"),
    ("still_ok.yaml", "then: times", "then: bed", "then: bed", "items.still_ok.options[2].then", "must be times, pause, stop"),
    ("still_ok.yaml", "value: pause", "value: holidays_abroad", "holidays", "options[3].value", "1 to 8 small letters"),
    ("still_ok.yaml", "value: pause", "value: times", "id: still_ok", "items.still_ok", "two options have the same value"),
    # times of day
    (STUDY, '"15:30"', '"15:60"', '"15:60"', "windows.afternoon.end", "write it in quotes as HH:MM"),
    (STUDY, '"15:30"', "15", "15}", "windows.afternoon.end", "write times of day in quotes"),
    (STUDY, '"15:30"', '"15:00"', '"15:00", end', "presets.late.windows.afternoon", "the same time; give it some length"),
    (STUDY, '"21:30", end: "22:00"', '"05:30", end: "06:30"', "06:30", "late.windows.evening", "when the next study day begins, at 06:00"),
    # names that must exist
    (STUDY, "practice: [checkin]", "practice: [chekin]", "practice", "practice[1]", "did you mean “checkin”?"),
    (STUDY, "questionnaires: [consent_again]", "questionnaires: [brunch]", "[brunch]", "consent_again.questionnaires[1]", "is no questionnaire that the study lists"),
    (STUDY, "consent_again, still_ok, exit]", "consent_again, still_ok, exit, tea]", "exit, tea]", "questionnaires[7]", "there is no tea.yaml in the study's folder"),
    (STUDY, "unscheduled: [checkin]", "unscheduled: [../checkin]", "../checkin", "unscheduled[1]", "is no questionnaire"),
    (STUDY, "windows: [afternoon, evening]", "windows: [afternoon, night]", "afternoon, night", "checkin.windows[2]", "“night” is no window of the hours; they have afternoon, evening"),
    (STUDY, "at: day_start", "at: noon", "at: noon", "consent_again.at", "choose one of afternoon, evening, day_start"),
    (STUDY, "default: late", "default: lat", "default: lat", "hours.default", "did you mean “late”?"),
    (STUDY, "timezone: Europe/London", "timezone: Europe/Lodnon", "Lodnon", "timezone", "write it like Europe/London"),
    (STUDY, "Europe/Warsaw]", "Mars/Olympus]", "Mars/Olympus", "timezones[4]", "is no time zone"),
    (STUDY, "primary: se_state", "primary: mood", "primary: mood", "trend.primary", "is no score listed above it"),
    (STUDY, "scores: [wb_state", "scores: [rses", "scores: [rses", "trend.scores[1]", "“rses” is no score of a schedule that counts"),
    (STUDY, "opening: {}", "opening: {consent_checked_by: {fr: Ada}}", "fr: Ada", "consent_checked_by.fr", "is no language of the study"),
    ("rses_a.yaml", "rses_9]", "rses_11]", "name: rses", "scores.rses", "reverse names rses_11"),
    ("rses_a.yaml", "rses_10]", "rses_11]", "rses_11]", "scores.rses.items[10]", "“rses_11” is no item of this questionnaire"),
    (STUDY, "baseline: [baseline]", "baseline: [baselin]", "[baselin]", "baseline[1]", "did you mean “baseline”?"),
    (STUDY, "baseline: [baseline]", "baseline: [baseline, lunch]", "lunch", "baseline[2]", "“lunch” is no schedule; there are checkin, baseline,"),
    # names that must be different
    (STUDY, "- id: baseline", "- id: checkin", "- id: checkin", "schedules.checkin.id", "there is another schedule checkin"),
    (STUDY, "languages: [en, es]", "languages: [en, en, es]", "en, en", "languages[2]", "en is listed twice"),
    (STUDY, "[checkin, rses_a,", "[checkin, checkin, rses_a,", "checkin, checkin", "questionnaires", "names a questionnaire twice"),
    ("checkin.yaml", "id: wb_calm", "id: wb_mood", "id: wb_mood", "items.wb_mood.id", "there is another item wb_mood"),
    ("exit.yaml", "id: exit_change", "id: wb_mood", "id: wb_mood", "items.wb_mood.id", "already used in checkin.yaml"),
    ("ons4.yaml", "name: ons4_happy", "name: rses", "name: rses", "scores.rses.name", "already used in rses_a.yaml"),
    ("ons4.yaml", "name: ons4_happy", "name: ons4_3", "name: ons4_3", "scores.ons4_3.name", "an item has the id ons4_3"),
    ("ons4.yaml", "id: ons4\n", "id: ons5\n", "id: ons5", "id", "the file is ons4.yaml"),
    # time that does not fit
    (STUDY, "open_for_minutes: 240", "open_for_minutes: 361", "361", "checkin.open_for_minutes", "at most 360 fits"),
    (STUDY, "at_least_apart_minutes: 300", "at_least_apart_minutes: 240", "240", "checkin.open_for_minutes", "must be 270 or more"),
    (STUDY, "after_minutes: 60", "after_minutes: 240", "after_minutes: 240", "reminders[1].after_minutes", "has closed by then"),
    (STUDY, "after_minutes: 2880", "after_minutes: 20000", "after_minutes: 20000", "exit.reminders[1].after_minutes", "it can have closed by then (9540 minutes"),
    (STUDY, "[afternoon, evening]", "[evening, afternoon]", "[evening, afternoon]", "checkin.windows", "list them as they come"),
    (STUDY, "last_day: 28", "last_day: 29", "last_day: 29", "checkin.last_day", "day 29 lies after the study's 28 days"),
    (STUDY, "    counts: false   # so", "    counts: true   # so", "day: 29", "exit.day", "write counts: false"),
    (STUDY, "first_day: 1", "first_day: 29", "id: checkin", "schedules.checkin", "first_day (29) lies after last_day (28)"),
    (STUDY, "    delivery: offer\n", "    delivery: offer\n    reminders: [{after_minutes: 5}]\n", "reminders: [{after_minutes: 5}]", "baseline.reminders", "an offer is never notified"),
    (STUDY, "      - {after_minutes: 60, silent: true}\n", "      - {after_minutes: 60}\n      - {after_minutes: 30}\n", "reminders:", "checkin.reminders", "order them by after_minutes"),
    # scores
    ("checkin.yaml", "range: [1, 7]", "range: [0, 7]", "range: [0, 7]", "scores.wb_state.range", "these items give 1 to 7"),
    ("rses_a.yaml", "range: [0, 30]", "range: [10, 40]", "[10, 40]", "scores.rses.range", "these items give 0 to 30"),
    ("checkin.yaml", "minimum_answered: 3", "minimum_answered: 5", "wb_state", "scores.wb_state", "there are only 4 items"),
    ("checkin.yaml", "items: [wb_mood, wb_calm, wb", "items: [se_state, wb_calm, wb", "se_state, wb_calm", "scores.wb_state.items[1]", "no score above this one"),
    ("checkin.yaml", "method: mean", "method: mean\n    multiply_by: 2", "range: [1, 7]", "scores.wb_state.range", "these items give 2 to 14"),
    ("ons4.yaml", "range: [0, 10]", "range: [0, 10]\n    lookup: {0: 1, 1: 2}", "lookup:", "scores.ons4_satisfied.lookup", "every whole number from 0 to 10"),
    ("rses_a.yaml", "{value: sa, code: 3,", "{value: sa,", "rses_1", "items.rses_1", "some options have a code"),
    # words
    (STUDY, "note: {en: You have a note., es: Tienes una nota.}", "note: {en: Your mood check-in, es: Una nota.}", "mood", "note.en", "says “mood”, and whoever glances at the phone"),
    (STUDY, "  hello: {en: Hello., es: Hola.}", "  hello: {en: Your study., es: Hola.}", "study", "other_notes.hello.en", "says “study”, and whoever glances"),
    (STUDY, "  hello: {en: Hello., es: Hola.}", "  hello: {en: Hello.}", "hello", "other_notes.hello", "has no words in “es”"),
    (STUDY, "{en: Hello., es: Hola.}", "{en: One that is far too long to stand on a button., es: Hola.}", "hello", "other_notes.hello.en", "a button holds 40"),
    (STUDY, "  hello: {en: Hello.", "  Hello there: {en: Hello.", "Hello there", "other_notes.Hello there", "must be small letters, digits and"),
    (STUDY, "Tienes una nota", "Tu salud", "Tu salud", "note.es", "says “salud”"),
    (STUDY, ", es: Hacia las 15:00 y las 21:30", "", "About 3 pm", "presets.late.label", "has no words in “es”"),
    (STUDY, "About 3 pm and 9.30 pm", "In the afternoon and again late in the evening", "late in the evening", "late.label.en", "a button holds 40"),
    (STUDY, "limit: {legal_duty}", "limit: {lawyer}", "en: >-", "consent.screens[5].text.en", "{lawyer} can't be filled"),
    (STUDY, "limit: {legal_duty}", "limit: {legal_duty", "en: >-", "consent.screens[5].text.en", "a brace without its partner"),
    ("still_ok.yaml", "Ask someone to contact me", "Please ask someone of the team to contact me", "Please", "options[5].label.en", "has 44 characters; a button holds 40"),
    ("exit.yaml", "en: A little", 'en: ""', 'en: ""', "options[2].label.en", "is empty; write the words"),
    # safety
    ("checkin.yaml", "  - id: wb_calm\n", "  - id: wb_calm\n    risk: true\n", "risk: true", "items.wb_calm.risk", "nobody is on call in this study"),
    ("checkin.yaml", "id: wb_mood", "id: phq9_9", "id: phq9_9", "items.phq9_9.id", "PHQ-9 item 9, which can disclose a risk to life; write risk: true"),
    ("exit.yaml", "items:\n", "items:\n  - {id: more, type: text, text: {en: More., es: Más.}}\n", "type: text", "items.more.type", "which is off: nobody reads words in time"),
    (STUDY, "days: 28\n", "days: 28\ncare:\n  low_scores:\n    - {score: wb_stat, at_most: 2}\n", "wb_stat,", "care.low_scores[1].score", "did you mean “wb_state”?"),
    (STUDY, "days: 28\n", "days: 28\ncare:\n  low_scores:\n    - {score: wb_state, at_most: 0}\n", "at_most: 0", "care.low_scores[1].at_most", "wb_state goes from 1 to 7; write a value from 1 on, below 7"),
    (STUDY, "days: 28\n", "days: 28\ncare:\n  low_scores:\n    - {score: wb_state, at_most: 7}\n", "at_most: 7", "care.low_scores[1].at_most", "below 7"),
    (STUDY, "days: 28\n", "days: 28\ncare:\n  risk_items:\n    - {item: wb_calm, at_least: 6}\n", "item: wb_calm", "care.risk_items[1].item", "is no item with risk: true"),
    (STUDY, "days: 28\n", "days: 28\ncare:\n  risk_items:\n    - {item: wb_calm, at_least: 6}\n", "risk_items:", "care.risk_items", "call who is on call, and nobody is"),
    (STUDY, "days: 28\n", "days: 28\nsensitive_items: {txet: to hear more}\n", "txet", "sensitive_items.txet", "did you mean “text”?"),
    (STUDY, "days: 28\n", 'days: 28\nsensitive_items: {text: ""}\n', "text:", "sensitive_items.text", "is empty; write something"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "blamed", "field", "message"),
    [pytest.param(*row, id=row[2].strip()[:40] or row[1].strip()) for row in REFUSED],
)
def test_it_is_refused_with_file_line_field_and_remedy(change, tmp_path, file, old, new, blamed, field, message):
    findings = change(file, (old, new))
    path = tmp_path / "q" / file
    lines = path.read_text().splitlines()
    told = "\n".join(str(finding) for finding in findings)
    matching = [finding for finding in findings if message in finding.message]
    assert matching, f"nothing says “{message}”:\n{told}"
    found = matching[0]
    assert Path(found.file) == path
    assert field in found.field, told
    assert blamed in lines[found.line - 1], f"line {found.line} is blamed: {lines[found.line - 1]}"


def test_a_finding_reads_as_file_line_field_and_what_to_do(change, tmp_path):
    (finding,) = change(STUDY, ("days: 28", "days: 0"))
    assert str(finding) == f"{tmp_path}/q/{STUDY}:12: days: must be more than 0"


def test_all_findings_come_at_once_from_all_files(change):
    change("ons4.yaml", ("type: rating", "type: slider"))
    findings = change(STUDY, ("days: 28", "days: 0"), ("  primary: se_state\n", ""), ("note:", "nota:"))
    assert [(Path(finding.file).name, finding.field) for finding in findings] == [
        ("twice_daily.yaml", "note"),
        ("twice_daily.yaml", "days"),
        ("twice_daily.yaml", "nota"),
        ("twice_daily.yaml", "trend.primary"),
        ("ons4.yaml", "items.ons4_1"),
    ]


def test_loading_raises_all_of_them(change, tmp_path):
    change(STUDY, ("timezone: Europe/London", "timezone: London"), ("default: late", "default: soon"))
    with pytest.raises(InvalidStudy) as refused:
        load_study(tmp_path / "q" / STUDY)
    assert [finding.field for finding in refused.value.findings] == ["timezone", "hours.default"]
    assert str(refused.value).count("\n") == 1


def test_every_preset_has_the_same_windows(change):
    (finding,) = change(STUDY, ('        evening: {start: "20:00", end: "20:30"}\n', ""))
    assert finding.field == "hours.presets.early.windows"
    assert finding.message == "has afternoon; every preset must have the windows afternoon, evening"


def test_a_language_without_words_is_told_for_every_text(change):
    findings = change(STUDY, ("languages: [en, es]", "languages: [en, es, ro]"))
    assert all(finding.message.startswith("has no words in “ro”") for finding in findings)
    assert {Path(finding.file).name for finding in findings} >= {"twice_daily.yaml", "checkin.yaml", "rses_a.yaml"}
    assert len({(finding.file, finding.field) for finding in findings}) == len(findings) > 60


def test_a_questionnaire_may_stand_in_the_studys_own_folder(change, tmp_path):
    (tmp_path / "q" / "exit.yaml").rename(tmp_path / "q" / "studies" / "exit.yaml")
    assert change(STUDY) == []


@pytest.mark.parametrize(("where", "named"), [("studies", "twice_daily.yaml"), ("studies/mine", "../twice_daily.yaml")])
def test_a_study_finds_its_questionnaires_from_wherever_it_is_named(tmp_path, monkeypatch, where, named):
    shutil.copytree(ROOT, tmp_path / "q")
    (tmp_path / "q" / "studies" / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "q" / where)
    assert validate(Path(named)) == []


def test_entries_that_are_refused_are_not_called_missing_too(change):
    text = (ROOT / "ons_lonely.yaml").read_text()
    findings = change("exit.yaml", ((ROOT / "exit.yaml").read_text(), text.replace("type: choice", "type: chioce")))
    assert [finding.field for finding in findings] == ["items.ons_lonely"]


def test_a_risk_item_may_be_asked_where_somebody_is_on_call(change):
    assert change("checkin.yaml", ("  - id: wb_calm\n", "  - id: wb_calm\n    risk: true\n")) != []
    assert change(STUDY, ("days: 28\n", "days: 28\non_call_rota: true\n")) == []


ROTA = 'on_call: [{days: [1, 2, 3, 4, 5], start: "09:00", end: "17:00"}]'


def test_a_rule_for_a_risk_item_is_sound_where_somebody_is_on_call(change):
    care = f"days: 28\non_call_rota: true\ncare:\n  {ROTA}\n  risk_items:\n    - {{item: wb_calm, at_least: 1}}\n"
    change("checkin.yaml", ("  - id: wb_calm\n", "  - id: wb_calm\n    risk: true\n"))
    (finding,) = change(STUDY, ("days: 28\n", care))
    assert finding.message == "wb_calm goes from 1 to 7; write a value above 1, up to 7"
    assert change(STUDY, ("at_least: 1", "at_least: 6")) == []
    (finding,) = change(STUDY, (f"  {ROTA}\n", ""))
    assert finding.field == "care.risk_items"


def test_a_study_without_care_rules_keeps_its_hash():
    protocol = load_study(ROOT / STUDY)
    assert protocol.care is None
    assert '"care"' not in protocol.document()


def test_free_text_may_be_asked_where_the_study_says_why(change):
    item = "items:\n  - {id: more, type: text, text: {en: More., es: Más.}}\n"
    assert len(change("exit.yaml", ("items:\n", item))) == 1
    assert change(STUDY, ("days: 28\n", "days: 28\nsensitive_items: {text: her own words are the question}\n")) == []


def test_the_bundled_study_is_stored_under_the_hash_that_its_version_always_had():
    """A study that is loaded again after an update of the platform must be found unchanged; a change is a version."""
    expected = "8011e35af2fd8113229ecc3cf7d088e18fc34ec1f5d8eb167d1265e31a0ec747"
    assert load_study(ROOT / STUDY).sha256() == expected


def test_a_score_for_her_own_picture_must_exist(change):
    (finding,) = change(STUDY, ("  se_state: {en: How you see", "  se_stat: {en: How you see"))
    assert "se_stat" in finding.message
    assert "se_state" in finding.message


def test_a_score_for_her_own_picture_is_called_something_in_each_language(change):
    (finding,) = change(STUDY, ("{en: How you feel, es: Cómo te sientes}", "{en: How you feel}"))
    assert "“es”" in finding.message


def test_a_questionnaire_that_nobody_asks_is_told(change):
    (finding,) = change(STUDY, ("questionnaires: [still_ok]", "questionnaires: [exit]"))
    assert finding.message == "still_ok is never asked; add it to a schedule or remove it"


# --- YAML itself


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "the file is empty"),
        ("# only a comment\n", None, "the file is empty"),
        ("days: [1, 2\n", 2, "this is not YAML"),
        ("days: 1\n\tnight: 2\n", 2, "this is not YAML"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "tags such as tag:yaml.org,2002:python"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins here"),
        ("a: *b\n", 1, "*b stands for nothing"),
        ("a: &a [*a]\n", 1, "*a stands for nothing that is complete"),
        ("a: 1\n? [x]\n: 2\n", 2, "a field's name must be a word"),
        ("a: " + "[" * 5000, 1, "nested more than 40 deep"),
        ("a: 1\nb: \x07\n", 2, "control character"),
        ('a: 1\nb: "\\0"\n', 2, "control character"),
        ('a: 1\nb: "\\uD800"\n', 2, "control character"),
        ("id: a\nitems: []\n", 1, "is a questionnaire; name the study file that lists it"),
        ("&a " + "[" * 30 + "]" * 30 + "", None, "must be fields with names"),
        ("a: &a " + "[" * 30 + "]" * 30 + "\nb: " + "[" * 30 + "*a" + "]" * 30, 2, "nested more than 40 deep"),
    ],
)
def test_a_file_that_is_no_plain_yaml_is_refused(tmp_path, text, line, words):
    file = tmp_path / "study.yaml"
    file.write_text(text)
    (finding,) = validate(file)
    assert words in finding.message
    assert line is None or finding.line == line


def test_a_billion_laughs_cost_nothing(tmp_path):
    rows = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    file = tmp_path / "study.yaml"
    file.write_text("\n".join(rows))
    (finding,) = validate(file)
    assert finding.message == "aliases unfold to too much here; write less by reference"
    assert finding.line == 5


def test_a_file_that_is_not_there_too_large_a_folder_or_no_text_is_refused(tmp_path):
    huge, odd = tmp_path / "huge.yaml", tmp_path / "odd.yaml"
    huge.write_bytes(b"# " + b"x" * 1_000_000)
    odd.write_bytes(b"id: a\ntitle: caf\xe9\n")
    messages = [str(validate(file)[0]) for file in (tmp_path / "none.yaml", huge, tmp_path, odd)]
    assert "none.yaml: there is no such file" in messages[0]
    assert "larger than 1000 kB" in messages[1]
    assert "can't be read (Is a directory)" in messages[2]
    assert f"{odd}:2: this is not UTF-8 text; save the file as UTF-8" in messages[3]


def test_scalars_are_what_they_look_like(tmp_path):
    file = tmp_path / "plain.yaml"
    file.write_text(
        "a: no\nb: 21:30\nc: 010\nd: 2026-03-29\ne: true\nf: ~\ng: -3\nh: 1.5\ni: 'true'\nj: 1e3\nk: .inf\n"
    )
    assert read(file).data == {
        "a": "no",
        "b": "21:30",
        "c": "010",
        "d": "2026-03-29",
        "e": True,
        "f": None,
        "g": -3,
        "h": 1.5,
        "i": "true",
        "j": "1e3",
        "k": ".inf",
    }


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(alphabet="ab:-[]{}&*!|>'\"\n \t#?,%@0~é", max_size=200).map(str.encode))
def test_no_file_whatever_breaks_the_reader(tmp_path_factory, raw):
    file = tmp_path_factory.getbasetemp() / "any.yaml"
    file.write_bytes(raw)
    marked = read(file)
    assert marked.data is None or not any(finding.message == "" for finding in marked.findings)
    validate(file)


@settings(max_examples=60)
@given(st.data())
def test_no_damage_to_a_study_file_breaks_the_reader(tmp_path_factory, data):
    root = tmp_path_factory.getbasetemp() / "damaged"
    (root / "studies").mkdir(parents=True, exist_ok=True)
    for name in ("checkin", "rses_a", "ons4", "consent_again", "still_ok", "exit"):
        shutil.copy(ROOT / f"{name}.yaml", root)
    file = data.draw(st.sampled_from([STUDY, "checkin.yaml", "rses_a.yaml", "still_ok.yaml"]))
    lines = (ROOT / file).read_text().splitlines()
    shutil.copy(ROOT / STUDY, root / STUDY)
    at = data.draw(st.integers(0, len(lines) - 1))
    other = data.draw(st.integers(0, len(lines) - 1))
    damage = data.draw(st.sampled_from(["drop", "swap", "indent", "null", "list", "text"]))
    name = lines[at].partition(":")[0]
    text = data.draw(st.text("ab1:-' ", max_size=5))
    lines[at : at + 1] = {
        "drop": [],
        "swap": [lines[other]],
        "indent": ["  " + lines[at]],
        "null": [f"{name}:"],
        "list": [f"{name}: [1, [2], {{a: b}}]"],
        "text": [f"{name}: {text}"],
    }[damage]
    (root / file).write_text("\n".join(lines))
    findings = validate(root / STUDY)
    assert all(finding.message and finding.file.endswith(".yaml") for finding in findings)


def test_a_questionnaire_can_be_loaded_by_itself(tmp_path):
    assert load_questionnaire(ROOT / "ons4.yaml").id == "ons4"
    (tmp_path / "ons4.yaml").write_text((ROOT / "ons4.yaml").read_text().replace("range: [0, 10]", "range: [0, 9]", 1))
    with pytest.raises(InvalidStudy, match=r"ons4.yaml:\d+: scores.ons4_satisfied.range: these items give 0 to 10"):
        load_questionnaire(tmp_path / "ons4.yaml")

"""The commands that need no database: validate a study, preview its prompts, score a file."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import UTC, datetime

import pytest
import typer
from typer.testing import CliRunner, Result

from ema.commands import schedule, score, study
from questionnaires import ROOT

STUDY = str(ROOT / "studies" / "twice_daily.yaml")

app = typer.Typer()
app.add_typer(study.app, name="study")
app.add_typer(schedule.app, name="schedule")
app.command("score")(score.score)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


# --- ema study validate


def test_a_sound_study_is_summed_up():
    result = run("study", "validate", STUDY)
    assert result.exit_code == 0
    assert result.stdout.startswith(
        f"{STUDY} is sound: 28 days, 56 prompts, 7 items a prompt, 6 questionnaires, languages en, es.\n"
    )
    assert "After day 28 on purpose: exit, from day 29." in result.stdout
    assert "Piloting until it states opening.controller, " in result.stdout


def test_every_mistake_is_a_line_on_stderr(tmp_path):
    shutil.copytree(ROOT, tmp_path / "q")
    file = tmp_path / "q" / "studies" / "twice_daily.yaml"
    file.write_text(file.read_text().replace("days: 28", "days: 0").replace("primary: se_state", "first: se_state"))
    result = run("study", "validate", str(file))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert [line.split(": ")[:2] for line in result.stderr.splitlines()] == [
        [f"{file}:12", "days"],
        [f"{file}:98", "trend.primary"],
        [f"{file}:100", "trend.first"],
    ]


# --- ema schedule preview


def preview(*words: str) -> list[dict]:
    result = run("schedule", "preview", STUDY, "--format", "json", *words)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_row_carries_local_times_with_their_offset_and_utc():
    rows = preview("--timezone", "Europe/London", "--from", "2026-03-27", "--days", "5")
    assert len(rows) == 5 * 2 + 1
    first = rows[0]
    assert list(first) == [
        "schedule",
        "slot_key",
        "study_day",
        "local_date",
        "opens_at",
        "due_at",
        "expires_at",
        "utc_due_at",
        "slot",
        "barred",
    ]
    assert (first["schedule"], first["slot_key"], first["study_day"]) == ("checkin", "1.1", 1)
    assert (first["local_date"], first["opens_at"]) == ("2026-03-27", "2026-03-27T15:00:00+00:00")
    for row in rows:
        due = datetime.fromisoformat(row["due_at"])
        assert due == datetime.fromisoformat(row["utc_due_at"])
        assert row["utc_due_at"].endswith("+00:00")
        assert due.utcoffset().total_seconds() == (3600 if due > datetime(2026, 3, 29, 1, tzinfo=UTC) else 0)


def test_the_same_seed_is_the_same_participant_and_seven_is_the_usual_one():
    words = ("--from", "2026-03-27", "--days", "28")
    assert preview(*words) == preview(*words, "--seed", "7") != preview(*words, "--seed", "8")


def test_other_hours_by_preset_or_by_window():
    nights = preview("--from", "2026-05-01", "--days", "1", "--preset", "nights")
    assert [row["opens_at"][11:16] for row in nights] == ["17:00", "03:00"]
    own = preview("--from", "2026-05-01", "--days", "1", "--window", "evening=22:00-02:00")
    assert [row["opens_at"][11:16] for row in own] == ["15:00", "22:00"]


DESIGNS = ROOT / "designs"


def shown(file, *words):
    return run("schedule", "preview", str(file), "--from", "2026-03-27", *words)


def test_an_arm_is_chosen_and_the_first_one_is_the_usual_one():
    found = {
        arm: [row["schedule"] for row in json.loads(shown(DESIGNS / "two_arms.yaml", "--format", "json", *arm).stdout)]
        for arm in ((), ("--arm", "seldom"), ("--arm", "often"))
    }
    assert found[()] == found["--arm", "seldom"] == ["three"] * 21
    assert found["--arm", "often"] == ["six"] * 42


def test_what_cant_be_sent_is_shown_with_its_reason():
    """Two of her windows start within the hour that notes are kept apart."""
    crowded = ("--window", "morning=08:30-08:40", "--window", "midday=08:40-08:50")
    words = (DESIGNS / "decision_points.yaml", "--days", "1", *crowded)
    barred = [row["barred"] for row in json.loads(shown(*words, "--format", "json").stdout)]
    assert sorted(barred) == ["", "", "", "", "no room"]
    assert "no room" in shown(*words).stdout


def test_the_burden_of_the_whole_study_stands_under_the_table():
    lines = shown(DESIGNS / "events.yaml", "--days", "1").stdout.splitlines()
    assert " ".join(next(line for line in lines if "happened" in line).split()) == "happened 14 ≤ 56 ≤ 392 ≤ 56.0"
    assert " ".join(lines[-1].split()) == "and at most, on top ≤ 84 ≤ 588 ≤ 84.0"
    arms = shown(DESIGNS / "two_arms.yaml", "--days", "1").stdout
    assert "arm seldom" in arms
    assert "arm often" in arms
    assert "arm seldom" not in shown(DESIGNS / "two_arms.yaml", "--days", "1", "--arm", "often").stdout


def test_a_calendar_file_is_printed_or_written(tmp_path):
    printed = shown(STUDY, "--format", "ics", "--days", "3")
    assert printed.stdout_bytes.count(b"BEGIN:VEVENT\r\n") == 7
    out = tmp_path / "plan.ics"
    assert shown(STUDY, "--format", "ics", "--days", "3", "--out", str(out)).stdout == ""
    assert out.read_bytes() == printed.stdout_bytes


@pytest.mark.parametrize(("form", "begins"), [("png", b"\x89PNG"), ("svg", b"<svg")])
def test_pictures_are_written_and_the_same_each_time(tmp_path, form, begins):
    files = [tmp_path / f"{n}.{form}" for n in range(2)]
    for file in files:
        result = shown(DESIGNS / "festival.yaml", "--format", form, "--people", "20", "--out", str(file))
        assert result.exit_code == 0, result.stderr
    assert files[0].read_bytes().startswith(begins)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_a_folder_that_is_not_there_is_refused_in_one_line(tmp_path):
    result = shown(STUDY, "--format", "ics", "--out", str(tmp_path / "no" / "plan.ics"))
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1


def test_the_table_is_for_people_and_fits_a_terminal():
    result = run("schedule", "preview", STUDY, "--timezone", "Asia/Kathmandu", "--from", "2026-05-01", "--days", "28")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "58 prompts, local time in Asia/Kathmandu" in lines[0]
    assert all(len(line) <= 80 and "…" not in line for line in lines)
    assert " Fri 01 May " in lines[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--timezone", "Europe/Lodnon"), "is no time zone; write it like Europe/London"),
        (("--preset", "dawn"), "--preset dawn: the study has the hours late, early, nights"),
        (("--window", "noon=12:00-13:00"), "--window noon: the study has the windows afternoon, evening"),
        (("--window", "evening=12:00-12:00"), "--window evening: a window of no length"),
        (("--arm", "messages"), "--arm messages: the study has no arms"),
    ],
)
def test_what_the_study_does_not_have_is_refused_in_one_line(words, told):
    result = run("schedule", "preview", STUDY, "--from", "2026-03-27", *words)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--from", "27/03/2026"),
        ("--from", "0001-01-01"),
        ("--from", "2026-03-27", "--days", "0"),
        ("--from", "2026-03-27", "--format", "xml"),
        ("--from", "2026-03-27", "--format", "png"),
        ("--from", "2026-03-27", "--people", "10"),
        ("--from", "2026-03-27", "--window", "evening"),
        ("--from", "2026-03-27", "--window", "evening=22-26"),
    ],
)
def test_wrong_usage_is_exit_2(words):
    assert run("schedule", "preview", STUDY, *words).exit_code == 2


# --- ema score


def scored(tmp_path, instrument: str, table: str) -> Result:
    file = tmp_path / "answers.csv"
    file.write_text(table, encoding="utf-8")
    return run("score", instrument, str(file))


def rows(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_the_template_is_the_header_id_first():
    result = run("score", "ons4", "--template")
    assert result.stdout == "id,ons4_1,ons4_2,ons4_3,ons4_4\n"


def test_codes_or_words_count_the_same_and_other_columns_are_handed_through(tmp_path):
    header = "id,wave," + ",".join(f"rses_{n}" for n in range(1, 11))
    table = f"{header}\nana,1,2,1,3,2,0,2,3,3,1,1\nbea,1,a,d,sa,a,sd,a,sa,sa,d,d\ncat,2,2,1.0,3,2,0,2,3,,1,NA\ndee,2{',' * 10}\n"
    assert rows(scored(tmp_path, "rses_a", table)) == [
        {"id": "ana", "wave": "1", "rses": "19", "rses_n_items": "10", "rses_n_of": "10", "rses_imputed": "0"},
        {"id": "bea", "wave": "1", "rses": "19", "rses_n_items": "10", "rses_n_of": "10", "rses_imputed": "0"},
        {"id": "cat", "wave": "2", "rses": "22.5", "rses_n_items": "8", "rses_n_of": "10", "rses_imputed": "1"},
        {"id": "dee", "wave": "2", "rses": "", "rses_n_items": "0", "rses_n_of": "10", "rses_imputed": "0"},
    ]


def test_a_score_with_cut_offs_says_which_band_it_is_in_and_a_licensed_one_needs_no_words(tmp_path):
    table = f"id,{','.join(f'swemwbs_{n}' for n in range(1, 8))}\nana,4,3,3,3,3,3,3\nbea,,3,3,3,3,3,3\n"
    ana, bea = rows(scored(tmp_path, "swemwbs", table))
    assert (ana["swemwbs"], ana["swemwbs_band"]) == ("19.98", "middle")
    assert (bea["swemwbs"], bea["swemwbs_n_items"], bea["swemwbs_band"]) == ("", "6", "")


def test_a_change_is_counted_from_the_rows_that_are_the_baseline_of_the_same_id(tmp_path):
    file = tmp_path / "answers.csv"
    lines = ("ana,1,4", "bea,1,5", "ana,0,9", "ana,1,6", "ana,0,8", "bea,,3", "cy,0,7", "ana,0,NA")
    file.write_text("id,first,ons4_1,ons4_2,ons4_3,ons4_4\n" + "".join(f"{line},1,1,1\n" for line in lines))
    names = ("id", "ons4_satisfied_baseline", "ons4_satisfied_change", "ons4_satisfied_meaningful")
    found = [tuple(row[name] for name in names) for row in rows(run("score", "ons4", str(file), "--baseline", "first"))]
    assert found == [
        ("ana", "", "", ""),
        ("bea", "", "", ""),
        ("ana", "", "", ""),  # before her baseline is whole
        ("ana", "", "", ""),
        ("ana", "5", "3", ""),
        ("bea", "5", "-2", ""),
        ("cy", "", "", ""),
        ("ana", "5", "", ""),
    ]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("id,ons4_1,ons4_2,ons4_3,ons4_4\na,1,2,3,4\n", "answers.csv:1: has no column first"),
        ("first,ons4_1,ons4_2,ons4_3,ons4_4\n1,1,2,3,4\n", "answers.csv:1: has no column id"),
        ("id,first,ons4_1,ons4_2,ons4_3,ons4_4\na,yes,1,2,3,4\n", "answers.csv:2: first: “yes” is neither 1 nor 0"),
    ],
)
def test_a_baseline_that_can_not_be_found_is_refused(tmp_path, table, told):
    (tmp_path / "answers.csv").write_text(table)
    result = run("score", "ons4", str(tmp_path / "answers.csv"), "--baseline", "first")
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_columns_are_found_by_name_in_any_order_and_excels_mark_does_no_harm(tmp_path):
    (row,) = rows(scored(tmp_path, "ons4", "\ufeffons4_4,ons4_3,ons4_2,ons4_1,id\n3,9,7,8,ana\n"))
    assert (row["id"], row["ons4_satisfied"], row["ons4_anxious"]) == ("ana", "8", "3")


def test_a_questionnaire_file_can_be_named_by_its_path(tmp_path):
    assert run("score", str(ROOT / "ons4.yaml"), "--template").exit_code == 0


@pytest.mark.parametrize(
    ("instrument", "table", "told"),
    [
        ("rsses", "", "rsses: is no instrument; there are checkin, consent_again, core10, exit,"),
        ("still_ok", "", "still_ok: has no scores"),
        ("ons4", "id,ons4_1\na,1\n", "answers.csv:1: has no column ons4_2, ons4_3, ons4_4"),
        ("ons4", "", "answers.csv:1: has no column"),
        ("ons4", "ons4_1,ons4_2,ons4_3,ons4_4,ons4_4\n", "has the column ons4_4 twice"),
        ("ons4", "ons4_1,ons4_2,ons4_3,ons4_4\n1,2,3,4\n1,2,3,11\n", "answers.csv:3: ons4_4: Please choose a number"),
        ("ons4", "ons4_1,ons4_2,ons4_3,ons4_4\n1,2,3\n", "answers.csv:2: has 3 cells, but the header has 4"),
        ("ons4", 'ons4_1,ons4_2,ons4_3,ons4_4\n1,2,3,"4', "is not CSV"),
        (
            "rses_a",
            "id," + ",".join(f"rses_{n}" for n in range(1, 11)) + "\na,7" + "," * 9 + "\n",
            "“7” is none of 3, 2",
        ),
    ],
)
def test_a_table_that_can_not_be_scored_is_refused(tmp_path, instrument, table, told):
    result = scored(tmp_path, instrument, table)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert told in result.stderr


def test_a_missing_file_a_folder_and_other_bytes_are_refused(tmp_path):
    (tmp_path / "latin.csv").write_bytes(b"id,caf\xe9\n")
    assert "there is no such file" in run("score", "ons4", str(tmp_path / "none.csv")).stderr
    assert "can't be read (Is a directory)" in run("score", "ons4", str(tmp_path)).stderr
    assert "is not UTF-8 text" in run("score", "ons4", str(tmp_path / "latin.csv")).stderr
    assert run("score", "ons4").exit_code == 2

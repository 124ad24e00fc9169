"""The plan beside a study's file, and a file that is checked before it is loaded."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree as ET

import pytest
import yaml

from ema.domain.studyfile import load_study
from ema.services import study, study_file
from questionnaires import ROOT
from tests.web import factories
from tests.web.pages import ORIGIN, form_token

PLAN = "/studies/twice_daily/plan"
BUNDLED = (ROOT / "studies" / "twice_daily.yaml").read_text(encoding="utf-8")


@pytest.fixture
def client(here, visit):
    factories.study(here)
    for name in ("two_arms", "festival", "events"):
        study.load(here, load_study(ROOT / "designs" / f"{name}.yaml"))
    return visit(here, "researcher")


def words(answer):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())


def test_the_plan_stands_beside_the_file_with_its_burden(client):
    page = client.get(PLAN)
    assert page.status_code == 200
    assert "58 prompts on 28 of 28 study days" in words(page)
    assert "checkin 28 56 392 56.0" in words(page)
    assert "Tue 07 Apr" in words(page), "from the Monday that comes"
    assert client.get("/studies/twice_daily").text.count(f'href="{PLAN}"') == 1


def test_the_file_is_shown_as_a_researcher_writes_it(here, client):
    protocol = factories.load()
    lines = study_file.lines(protocol)
    shown = [html.unescape(line) for line in re.findall(r"<li><code>(.*?)</code></li>", client.get(PLAN).text)]
    assert shown == lines
    written = yaml.safe_load(BUNDLED)
    read_back = yaml.safe_load("\n".join(lines))
    assert read_back["questionnaires"] == written["questionnaires"]
    assert read_back["schedules"][0]["windows"] == ["afternoon", "evening"]


def test_what_is_shown_loads_again_as_the_same_study(tmp_path):
    """Nothing that matters is left out of what a researcher sees."""
    for file in [ROOT / "studies" / "twice_daily.yaml", *(ROOT / "designs").glob("*.yaml")]:
        protocol = load_study(file)
        copy = tmp_path / file.name
        copy.write_text("\n".join(study_file.lines(protocol)), encoding="utf-8")
        for name in protocol.questionnaires:
            (tmp_path / f"{name}.yaml").write_bytes((ROOT / f"{name}.yaml").read_bytes())
        assert load_study(copy).sha256() == protocol.sha256(), file.stem


def test_her_choices_change_what_is_shown(client):
    page = client.get(
        PLAN,
        params={
            "preset": "nights",
            "first": "2026-10-24",
            "days": "2",
            "seed": "9",
            "timezone": "Europe/Madrid",
            "start_evening": "04:00",
            "end_evening": "04:30",
        },
    )
    assert "Study days begin at 14:00. Her windows: afternoon 17:00–17:30, evening 04:00–04:30." in words(page)
    assert "Clock times of Europe/Madrid." in words(page)
    assert re.search(r"Sat 24 Oct checkin 25 Oct 04:\d\d", words(page))


def test_arms_are_told_apart_and_chosen(client):
    page = words(client.get("/studies/two_arms/plan"))
    assert "three 14 42" in page
    assert "six 14 84" in page
    often = words(client.get("/studies/two_arms/plan", params={"arm": "often"}))
    assert "three 14 42" not in often
    assert "84 prompts on 14 of 14" in often


def test_a_study_on_given_dates_is_shown_on_them(client):
    assert "1 Fri 05 Mar" in words(client.get("/studies/festival/plan"))


def test_what_she_starts_herself_is_up_to_so_much(client):
    assert "happened 14 ≤ 56 ≤ 392 ≤ 56.0" in words(client.get("/studies/events/plan"))


def test_a_change_fetches_the_preview_alone(client):
    part = client.get(PLAN, params={"days": "3"}, headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert part.strip() in client.get(PLAN, params={"days": "3"}).text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"timezone": "Europe/Lodnon"}, "is no time zone"),
        ({"preset": "dawn"}, "the study has the hours"),
        ({"arm": "x"}, "the study has no arms"),
        ({"first": "27/03/2026"}, "Write the date as 2026-03-27"),
        ({"first": "0001-01-01"}, "Choose a year"),
        ({"days": "many"}, "the days as a number"),
        ({"start_evening": "22:00"}, "Write both ends of evening"),
        ({"start_evening": "22:00", "end_evening": "22:00"}, "a window of no length"),
    ],
)
def test_what_can_not_be_is_said_on_the_page(client, asked, told):
    page = client.get(PLAN, params=asked)
    assert page.status_code == 200
    assert told in words(page)
    assert "58 prompts on 28 of 28 study days" in words(page)
    assert client.get(f"{PLAN}/month.svg", params=asked).status_code == 422


def test_more_days_than_a_year_are_not_drawn(client):
    assert "on 29 of 366 study days" in words(client.get(PLAN, params={"days": "100000"}))


@pytest.mark.parametrize("name", ["month", "spread"])
def test_the_pictures_are_whole(client, name):
    answer = client.get(f"{PLAN}/{name}.svg", params={"first": "2026-03-27"})
    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    ET.fromstring(answer.text)


@pytest.mark.parametrize("path", [PLAN, f"{PLAN}/month.svg", f"{PLAN}/spread.svg", "/study-file"])
def test_only_researchers_see_it(here, visit, path):
    factories.study(here)
    assert visit(here).get(path).status_code == 401
    for role in ("peer", "admin"):
        assert visit(here, role).get(path).status_code == 403


def test_an_unknown_study_has_no_plan(client):
    assert client.get("/studies/nothing/plan").status_code == 404


# --- a file that is not loaded yet


def check(client, text="", **files):
    token = form_token(client.get("/study-file").text)
    return client.post("/study-file", data={"form_token": token, "text": text}, files=files or None, headers=ORIGIN)


def test_a_sound_file_is_sound(client):
    assert "It is sound" in words(check(client, BUNDLED))


def test_every_mistake_is_named_with_its_line(client):
    page = check(client, BUNDLED.replace("windows: [afternoon, evening]", "windows: [afternoon, dawn]"))
    line = BUNDLED.splitlines().index("    windows: [afternoon, evening]") + 1
    assert f"{line} schedules.checkin.windows[2] “dawn” is no window of the hours" in words(page)
    assert "windows: [afternoon, dawn]" in html.unescape(page.text), "what was pasted can be mended there"


def test_a_file_is_read_as_pasted_text_is(client):
    page = check(client, file=("mine.yaml", b"id: mine\n", "text/yaml"))
    assert "title is missing" in words(page)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "a: &a [*a, *a]",
        "\x00",
        "- " * 60 + "x",
        "questionnaires: [../../etc/passwd]",
        "<script>alert(1)</script>",
    ],
)
def test_whatever_is_pasted_is_answered(client, text):
    page = check(client, text)
    assert page.status_code == 200
    assert "to mend" in words(page)
    assert "<script>alert" not in page.text


def test_a_text_too_long_is_refused(client):
    assert check(client, "a" * 200_001).status_code == 422
    assert check(client, file=("mine.yaml", b"a" * 200_001, "text/yaml")).status_code == 422


def test_nothing_is_stored(here, client):
    before = client.get("/studies").text
    check(client, BUNDLED.replace("id: twice_daily", "id: another"))
    assert client.get("/studies").text == before


def test_a_form_from_elsewhere_is_refused(client):
    assert client.post("/study-file", data={"text": "id: x"}, headers=ORIGIN).status_code == 403

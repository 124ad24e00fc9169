"""The page on schedules leaves no field out, and says of each design what it asks."""

from __future__ import annotations

import re
from datetime import date

import pytest

from ema.domain.allocation import Allocation
from ema.domain.phases import Calendar, Phase
from ema.domain.protocol import Hours, OwnHours, Preset
from ema.domain.schedules import SCHEDULES
from ema.domain.schedules.base import Reminder, Window
from ema.domain.studyfile import load_study
from ema.services.preview import Choice, preview
from questionnaires import ROOT

PAGE = (ROOT.parent / "docs" / "researchers" / "schedules.md").read_text(encoding="utf-8")
STUDY = {
    "days",
    "timezone",
    "timezones",
    "calendar",
    "phases",
    "repeat_phases",
    "allocation",
    "minimum_gap_minutes",
    "max_prompts_a_day",
}
PARTS = [Allocation, Calendar, Hours, OwnHours, Phase, Preset, Reminder, Window, *SCHEDULES.values()]
ROWS = dict(re.findall(r"^\| \[`(\w+)\.yaml`\].*\| ([^|]*) \|$", PAGE, re.MULTILINE))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_is_explained(part):
    coded = " ".join(re.findall(r"`([^`\n]+)`", PAGE))
    named = set(re.findall(r"\w+", coded))
    assert set(part.model_fields) - named == set()
    assert named >= STUDY


def test_every_kind_is_explained():
    assert not [kind for kind in SCHEDULES if not re.search(rf"^\| `{kind}` \|", PAGE, re.MULTILINE)]


def test_every_design_is_listed():
    assert ROWS.keys() == {file.stem for file in (ROOT / "designs").glob("*.yaml")} | {"twice_daily"}


@pytest.mark.parametrize("name", ROWS)
def test_what_a_design_asks_is_as_the_page_says(name):
    folder = "studies" if name == "twice_daily" else "designs"
    protocol = load_study(ROOT / folder / f"{name}.yaml")
    first = protocol.calendar.starts_on if protocol.calendar else date(2027, 3, 1)
    found = preview(protocol, Choice(first), 1).burdens()
    prompts = " or ".join(str(one.total.prompts) for one in found)
    minutes = " or ".join(f"{one.total.minutes:.0f}" for one in found)
    says = ROWS[name].replace("as many minutes", f"{prompts} minutes")
    more = sum(one.more.prompts for one in found)
    assert says == f"{prompts} prompts, {minutes} minutes" + (f"; at most {more} more" if more else "")

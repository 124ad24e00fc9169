"""Studies with other schedules than the bundled one, made from it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from ema.domain.errors import Finding
from ema.domain.protocol import Protocol
from ema.domain.studyfile import gap_rules, load_study, schedule_rules
from ema.domain.studyfile.marked import Marked
from questionnaires import ROOT

BUNDLED = load_study(ROOT / "studies" / "twice_daily.yaml")


def design(*schedules: dict[str, Any], windows: dict[str, str], day_starts: str = "06:00", **fields: Any) -> Protocol:
    """The bundled study with these schedules and one preset, `hours`: `windows={"day": "09:00-21:00"}`."""
    spans = {name: dict(zip(("start", "end"), span.split("-"), strict=True)) for name, span in windows.items()}
    preset = {"label": "Hours", "day_starts": day_starts, "windows": spans}
    document = json.loads(BUNDLED.document())
    open_for = {"open_for_minutes": 15}
    document["schedules"] = [
        {"questionnaires": ["checkin"], **(open_for if each["kind"] != "once" else {}), **each} for each in schedules
    ]
    document |= fields
    document["hours"] = {"default": "hours", "presets": {"hours": preset}}
    return Protocol.model_validate_json(json.dumps(document))


def blocks(prompts: int, window: str, gap: int, **fields: Any) -> Protocol:
    """So many prompts at random in equal blocks of one window."""
    beep = {"id": "beep", "kind": "random_window", "windows": ["day"], "prompts": prompts}
    return design(beep, windows={"day": window}, minimum_gap_minutes=gap, **fields)


def refused(study: Protocol) -> list[Finding]:
    """What validation says of its schedules."""
    return list(schedule_rules.study(Marked("study.yaml", json.loads(study.document())), study))


def too_many_or_too_near(study: Protocol) -> list[Finding]:
    return list(gap_rules.study(Marked("study.yaml", json.loads(study.document())), study))


@st.composite
def spaced_designs(draw) -> Protocol:
    """One to three windows anywhere in the study day, one to four prompts in each, clock times among them, and a gap."""
    day_starts = draw(st.integers(0, 23)) * 60
    count = draw(st.integers(1, 3))
    cuts = sorted(draw(st.sets(st.integers(0, 96), min_size=2 * count, max_size=2 * count)))
    spans = [(15 * start, 15 * end) for start, end in zip(cuts[::2], cuts[1::2], strict=True)]
    windows = {f"w{n}": f"{_clock(day_starts + a)}-{_clock(day_starts + b)}" for n, (a, b) in enumerate(spans)}
    prompts = draw(st.integers(1, 4))
    schedules: list[dict[str, Any]] = [
        {"id": "beep", "kind": "random_window", "windows": list(windows), "prompts": prompts},
    ]
    if draw(st.booleans()):
        at = _clock(day_starts + draw(st.integers(0, 1439)))
        schedules.append({"id": "fixed", "kind": "fixed", "times": [at]})
    gap = draw(st.integers(1, 900 // (count * prompts)))
    return design(*schedules, windows=windows, day_starts=_clock(day_starts), minimum_gap_minutes=gap, days=28)


def _clock(minutes: int) -> str:
    return f"{(timedelta(minutes=minutes) // timedelta(hours=1)) % 24:02}:{minutes % 60:02}"

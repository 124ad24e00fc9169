"""A visual analogue scale is exported with the way in which it was answered, so that the two are never mixed unseen."""

from __future__ import annotations

import json
from dataclasses import replace

from ema.domain.protocol import Protocol
from ema.exports.checkins import checkins
from ema.exports.instruments import instruments
from tests.exports.people import DUE, STUDY, People, answered, gave, prompt

ENDS = {"low": {"en": "no", "es": "no"}, "high": {"en": "yes", "es": "sí"}}


def study() -> Protocol:
    """The bundled study with a visual analogue scale for its first item."""
    document = json.loads(STUDY.document())
    (first, *others) = document["questionnaires"]["checkin"]["items"]
    slider = {"id": first["id"], "type": "vas", "text": first["text"], **ENDS}
    document["questionnaires"]["checkin"]["items"] = [slider, *others]
    return Protocol.model_validate_json(json.dumps(document))


def test_the_number_stands_beside_its_mode():
    columns = instruments([study()])
    done = [prompt(n, state="completed", finished_at=DUE) for n in (1, 2, 3)]
    given = [replace(answered(n, 4)[0], value=value) for n, value in ((1, "7/10"), (2, "70/100"))]
    table = checkins(People(gave(done, given)), columns)
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for block in table.blocks() for row in block]
    assert [(row["wb_mood"], row["wb_mood_mode"]) for row in rows] == [(70, "row"), (70, "slider"), (None, None)]
    assert "wb_calm_mode" not in names
    assert "wb_mood_mode" in columns.series()
    mode = table.columns[names.index("wb_mood_mode")]
    assert mode.labels == {"row": "row of buttons 0 to 10, times ten", "slider": "slider 0 to 100"}

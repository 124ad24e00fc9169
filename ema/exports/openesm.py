"""The openESM shape: one tab-separated time series with explicit rows for unanswered prompts, and metadata as JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Final

from ema.exports.base import Cell, Column, DataSet, Row
from ema.exports.csv import text

TYPES: Final = {
    "integer": "numeric",
    "float": "numeric",
    "string": "character",
    "date": "date",
    "instant": "PosixCt",
}
KEYS: Final = ("id", "day", "beep", "state")


def write(data: DataSet, folder: Path) -> list[Path]:
    prompts, checkins = data.table("prompts"), data.table("checkins")
    places = [at for at, column in enumerate(checkins.columns) if column.name in data.series]
    values = [checkins.columns[at] for at in places]
    answered: dict[Cell, Row] = {
        row[checkins.index("prompt")]: tuple(row[at] for at in places) for block in checkins.blocks() for row in block
    }
    at = {name: prompts.index(name) for name in ("participant", "study_day", "position", "state", "counts", "prompt")}
    nothing = (None,) * len(values)
    people, n_rows = set(), 0
    series = folder / f"{data.study_id}_ts.tsv"
    with series.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, delimiter="\t", lineterminator="\n")
        writer.writerow((*KEYS, *(column.name for column in values)))
        for block in prompts.blocks():
            for row in block:
                if not row[at["counts"]]:
                    continue
                position = row[at["position"]]
                beep = (position - 1) % data.prompts_a_day + 1 if isinstance(position, int) else None
                keys = (row[at["participant"]], row[at["study_day"]], beep, row[at["state"]])
                writer.writerow([text(cell) for cell in (*keys, *answered.get(row[at["prompt"]], nothing))])
                people.add(keys[0])
                n_rows += 1
    about = {
        # what only the authors of the data can say stays empty rather than guessed
        "first_author": "",
        "paper_doi": "",
        "dataset_id": data.study_id,
        "year": data.generated_at.year,
        "n_participants": len(people),
        "n_time_points": n_rows,
        "n_days": data.days,
        "n_beeps_per_day": data.prompts_a_day,
        "sampling_scheme": "random in a window, twice or more a day"
        if data.prompts_a_day > 1
        else "random in a window, once a day",
        "implicit_missingness": "no",
        "raw_time_stamp": "no",
        "features": [_feature(column) for column in values],
    }
    if data.simulated:
        about["additional_comments"] = "SIMULATED: these people do not exist."
    metadata = folder / f"{data.study_id}_metadata.json"
    metadata.write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return [series, metadata]


def _feature(column: Column) -> dict[str, str]:
    rating = column.kind == "integer" and bool(column.labels)
    return {
        "name": column.name,
        "description": column.wording or column.label,
        "variable_type": "rating_scale" if rating else TYPES[column.kind],
        "coding": "",
        "labels": "; ".join(f"{value} = {words}" for value, words in column.labels.items()),
        "source": column.source,
        "transformation": column.rule,
        "assessment_type": "ESM",
    }

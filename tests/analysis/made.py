"""The data set in `tests/reference`, on which the scripts in R beside it compute, and what they found."""

import json
from pathlib import Path

import pandas as pd

from analysis.frames import tidy

FOLDER = Path(__file__).parents[1] / "reference"


def in_r(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def frame():
    made = pd.read_csv(FOLDER / "diary.csv")
    return made.assign(pm=(made["slot"] == "pm").astype(int))


def arranged(score="mood", terms=(), **options):
    return tidy(frame(), person="person", time="day", score=score, beep="obs", terms=terms, **options)

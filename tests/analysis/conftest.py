"""Data and reference values live beside the repository, in ../shared; without them these tests skip."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.verify import read_data

SHARED = Path(__file__).parents[3] / "shared"


def shared(*parts):
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"NOT CHECKED: {path.name} is not there (it is looked for in ../shared)")
    return path


@pytest.fixture(scope="session")
def reference():
    def read(name):
        return json.loads(shared("reference", name).read_text(encoding="utf-8"))

    return read


@pytest.fixture(scope="session")
def data():
    """The shared data sets as the reference values were computed from them."""
    frames = read_data(shared("data"))
    return lambda name: frames[name].copy()


@pytest.fixture
def diary():
    """A small study made here: persons with their own level and slope, AR(1), a fifth missing."""

    def make(persons=25, prompts=28, phi=0.3, slope=0.1, seed=1, missing=0.2):
        rng = np.random.default_rng(seed)
        rows = []
        for person in range(persons):
            level, own = rng.normal(50, 8), slope + rng.normal(0, 0.3)
            error = rng.normal(0, 6)
            for obs in range(1, prompts + 1):
                error = phi * error + np.sqrt(1 - phi**2) * rng.normal(0, 6)
                value = level + own * (obs - 1) / 2 + error
                rows.append((f"P{person:02d}", obs, (obs - 1) / 2, "am" if obs % 2 else "pm", value))
        frame = pd.DataFrame(rows, columns=["who", "obs", "day", "slot", "score"])
        frame.loc[rng.random(len(frame)) < missing, "score"] = np.nan
        return frame

    return make

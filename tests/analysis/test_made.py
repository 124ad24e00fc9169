"""The made-up diary on which R computed is the one that its script makes."""

import runpy

import pandas as pd
import pytest

from .made import FOLDER


def test_the_diary_is_what_its_script_makes(tmp_path):
    runpy.run_path(str(FOLDER / "diary.py"))["diary"]().to_csv(tmp_path / "diary.csv", index=False)
    made, kept = (pd.read_csv(folder / "diary.csv") for folder in (tmp_path, FOLDER))
    pd.testing.assert_frame_equal(made, kept, rtol=0, atol=0.011)  # a last digit may round the other way elsewhere


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.R")), ids=lambda path: path.stem)
def test_what_r_found_is_kept_beside_each_script_with_its_versions(script):
    found = script.with_suffix(".json").read_text(encoding="utf-8")
    assert '"R": "R version' in found
    assert f"Rscript tests/reference/{script.name}" in script.read_text(encoding="utf-8")

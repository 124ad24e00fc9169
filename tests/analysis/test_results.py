"""What every result of this room has in common."""

import dataclasses
import importlib
import inspect
import pkgutil

import pandas as pd
import pytest

import analysis


def results():
    """Every dataclass of the room that speaks in a sentence."""
    for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
        for _, one in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if one.__module__ == module.name and dataclasses.is_dataclass(one):
                fields = {field.name: field for field in dataclasses.fields(one)}
                if "sentence" in fields:
                    yield one, fields


@pytest.mark.parametrize(("result", "fields"), [pytest.param(*found, id=found[0].__name__) for found in results()])
def test_a_result_is_frozen_and_has_a_frame_and_what_it_assumes(result, fields):
    assert result.__dataclass_params__.frozen
    if result.__name__ in {"Lagged", "GroupTrend"}:  # parts of a result, or of a page, that has them
        return
    frames = {"pd.DataFrame", pd.DataFrame}
    if "table" in fields:
        assert fields["table"].type in frames
    else:
        assert result.table.fget.__doc__
        assert inspect.signature(result.table.fget).return_annotation in frames
    assumptions = fields["assumptions"].default
    assert assumptions
    assert all(line == line.strip() and not line.endswith(".") for line in assumptions)

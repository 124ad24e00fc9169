"""`python -m analysis.verify`: the table of achieved digits."""

from analysis import verify

from .conftest import SHARED, shared


def test_every_quantity_is_within_what_is_allowed(capsys):
    shared("reference")
    shared("data")
    assert verify.main([str(SHARED)]) == 0
    printed = capsys.readouterr().out
    assert "log-likelihood" in printed
    assert "EXCEEDED" not in printed


def test_without_reference_values_it_says_what_it_needs(tmp_path, capsys):
    assert verify.main([str(tmp_path)]) == 1
    assert "give the folder" in capsys.readouterr().err


def test_what_is_exceeded_or_not_a_number_is_marked():
    bad = verify.Check("phi", "absolute", float("inf"), 1e-5)
    assert not bad.passed
    assert "EXCEEDED" in verify.table([bad])

"""Readable tables of an analysis, shared by the terminal and the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analysis.mixed.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

Table = tuple[list[str], list[list[str]]]
FOOTNOTE = (
    "* The Theil–Sen interval assumes that answers are independent. GLS: straight line with autocorrelated"
    " residuals, at least 10 answers. FDR: adjusted over persons (Benjamini–Hochberg). A dash or an empty cell"
    " is a question that a person's answers can't answer."
)
RESIDUALS = {
    "independent": "independent residuals",
    "ar1": "AR(1) over positions, gaps honoured",
    "car1": "CAR(1) over the clock",
    "ar1-day": "AR(1) within the day",
    "ar1-noise": "AR(1) over positions with measurement error",
    "car1-noise": "CAR(1) over the clock with measurement error",
}


def used_lines(result: dict[str, Any]) -> list[str]:
    """How much was read, and what was left out and why."""
    lines = [f"{result['n_rows']:,} rows, {result['n_persons']:,} persons with any {result['score']}"]
    lines.extend(f"left out: {item['rows']:,} rows, {item['reason']}" for item in result["left_out"])
    return lines


def group_lines(result: dict[str, Any]) -> list[str]:
    """The group trend for a terminal: sentence, warnings, tables."""
    group = result["group"]
    if group is None:
        return [f"no group trend: {result['reason']}"]
    lines = [group["sentence"], *(f"Note: {warning}." for warning in group["warnings"]), ""]
    lines += layout(*fixed_table(group))
    lines += ["", *layout(*component_table(group)), "", model_line(group)]
    return lines


def further_lines(result: dict[str, Any]) -> dict[str, list[str]]:
    """By heading, what the parts of an analysis say in words, or why they say nothing."""
    headings = {
        "description": "Answers",
        "checks": "Checks of the group model",
        "missing": "Missing answers",
        "variability": "Variability",
        "second": "With the second score",
        "items": "Items",
    }
    found = {
        heading: [line for part in _parts(result[key]) for line in _lines(part)]
        for key, heading in headings.items()
        if result.get(key)
    }
    changes = [
        f"{person['person']}: {person['change_points']['sentence']}"
        for person in result["persons"]
        if person.get("change_points", {}).get("moments")
    ]
    if not changes:
        return found
    looked = sum("moments" in person.get("change_points", {}) for person in result["persons"])
    few = f"{len(changes)} of {looked} persons; of made-up series without any change 4 to 12 in 100 show one."
    return found | {"Changes of level": [few, *changes]}


def _parts(section: dict[str, Any]) -> list[dict[str, Any]]:
    inner = [part for part in section.values() if isinstance(part, dict) and {"sentence", "reason"} & set(part)]
    return [section, *inner] if "sentence" in section else inner


def _lines(part: dict[str, Any]) -> list[str]:
    if "sentence" in part:
        return [part["sentence"], *(f"Note: {note}." for note in part.get("notes", ()))]
    return [f"Not said: {part['reason']}."]


def model_line(group: dict[str, Any]) -> str:
    """Which model, in one line."""
    effects = "random intercept" if group["random"] == "intercept" else "random intercept and slope"
    method = {"reml": "REML", "ml": "ML"}[group["method"]]
    return (
        f"Linear mixed model, {effects}, {RESIDUALS[group['residual']]}, {method};"
        f" log-likelihood {group['logLik']:.4f}; intervals 95 %, degrees of freedom by Satterthwaite."
    )


def fixed_table(group: dict[str, Any]) -> Table:
    """Fixed effects."""
    rows = [
        [name, number(e["estimate"]), number(e["se"]), interval(e["low"], e["high"]), _df(e["df"]), probability(e["p"])]
        for name, e in group["fixed"].items()
    ]
    return ["effect", "estimate", "se", "95 % interval", "df", "p"], rows


def component_table(group: dict[str, Any]) -> Table:
    """Standard deviations and correlations."""
    rows = [
        [
            name.replace("_", " "),
            number(part["estimate"]),
            "at the boundary" if part["boundary"] else interval(part["low"], part["high"]),
        ]
        for name, part in group["components"].items()
    ]
    return ["component", "estimate", "95 % interval"], rows


def person_table(result: dict[str, Any]) -> Table:
    """One row per person: headline, Theil-Sen, tau, and the slope that the group model predicts."""
    head = ["person", "n", "slope (GLS, AR1)", "95 % interval", "p", "p (FDR)", "Theil-Sen", "95 % interval*"]
    head += ["tau", "shrunken slope"]
    rows = []
    for person in result["persons"]:
        gls, sen, tau, blup = (person[key] for key in ("gls_ar1", "theil_sen", "kendall", "blup"))
        row = [str(person["person"]), str(person["n"])]
        if gls:
            span = interval(gls["low"], gls["high"])
            row += [number(gls["slope"]), span, probability(gls["p"]), probability(gls["p_fdr"])]
        else:
            row += ["–", person["reason"]["gls_ar1"].partition(":")[0], "", ""]
        row += [number(sen["slope"]), interval(sen["low"], sen["high"])] if sen else ["–", ""]
        row += [f"{tau['tau']:.2f}".replace("-", "−") if tau else "–", number(blup["slope"]) if blup else "–"]
        rows.append(row)
    return head, rows


def interval(low: float | None, high: float | None) -> str:
    """Both ends of an interval, a dash for an end that there isn't."""
    return " to ".join("–" if end is None else number(end) for end in (low, high))


def probability(p: float | None) -> str:
    """A p-value to three decimals, never as 0."""
    if p is None:
        return "–"
    return "<.001" if p < 0.0005 else f"{p:.3f}".lstrip("0")


def _log(value: float) -> str:
    return f"{value:.4f}".replace("-", "−")


def _df(df: float | None) -> str:
    return "–" if df is None else f"{df:.1f}"


def layout(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns for a fixed-width terminal: the first to the left, the others to the right."""
    table = [list(head), *map(list, rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    lines = []
    for row in table:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return lines

"""One self-contained page for an analysis: no script, nothing loaded from anywhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from analysis.figures import Picture, group_trend
from analysis.mixed.result import CurvePoint
from analysis.tables import FOOTNOTE, component_table, fixed_table, further_lines, model_line, person_table, used_lines

if TYPE_CHECKING:
    from analysis.tables import Table

STYLE = """
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: #fffdfa; color: #2f2a28;
  font: 1rem/1.55 system-ui, sans-serif }
h1, h2 { line-height: 1.2; font-weight: 600 } h2 { margin-top: 2.4rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #eae3da; white-space: nowrap }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
.wide { overflow-x: auto; margin: 1.2rem 0 } .soft { color: #6b625c; font-size: .9rem } figure { margin: 1rem 0 }
svg { max-width: 100%; height: auto } .lead { font-size: 1.15rem }
"""


def page(result: dict[str, Any]) -> str:
    """The page as HTML text."""
    score = escape(result["score"])
    parts = [f"<h1>Trend of {score}</h1>", *(_line(line) for line in used_lines(result)), "<h2>Group</h2>"]
    parts += _group(result)
    for heading, said in further_lines(result).items():
        parts += [f"<h2>{heading}</h2>", *(f"<p>{escape(line)}</p>" for line in said)]
    parts += ["<h2>Persons</h2>", _table(person_table(result))]
    parts.append(_line(FOOTNOTE))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Trend of {score}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _group(result: dict[str, Any]) -> list[str]:
    group = result["group"]
    if group is None:
        return [f'<p class="lead">No group trend: {escape(result["reason"])}.</p>']
    curve = [CurvePoint(**point) for point in group["curve"]]
    unit = result["time_unit"]
    label = "days" if unit == "day" else unit.removeprefix("unit of ")
    drawn = group_trend(curve, group["sentence"], score=result["score"], time_label=label)
    return [
        f'<p class="lead">{escape(group["sentence"])}</p>',
        *(f"<p><strong>Note:</strong> {escape(warning)}.</p>" for warning in group["warnings"]),
        picture(drawn),
        _table(fixed_table(group)),
        _table(component_table(group)),
        f'<p class="soft">{escape(model_line(group))} Assumed: {escape("; ".join(group["assumptions"]))}.</p>',
    ]


def picture(drawn: Picture) -> str:
    """An SVG with its text alternative."""
    words = escape(drawn.text, quote=True)
    return f'<figure><div role="img" aria-label="{words}">{drawn.svg}</div></figure>'


def _line(text: str) -> str:
    return f'<p class="soft">{escape(text)}</p>'


def _table(table: Table) -> str:
    head, rows = table
    first = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table></div>'

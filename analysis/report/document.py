"""The report as one HTML file: no script, nothing loaded from anywhere, readable on a phone, in grey and on paper."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from analysis.report import sections
from analysis.report.parts import p

if TYPE_CHECKING:
    from analysis.report.sections import Report

STYLE = """
:root { color-scheme: light }
body { margin: 0 auto; max-width: 52rem; padding: 1.5rem 1rem 4rem; background: #fffdfa; color: #2f2a28;
  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: break-word }
h1, h2, h3 { line-height: 1.25; font-weight: 600 } h1 { margin: 0 0 .4rem; font-size: 1.7rem }
h2 { margin: 2.8rem 0 .6rem; padding-top: .8rem; border-top: 1px solid #ddd5cc; font-size: 1.3rem }
p, ul { margin: .6rem 0 } li { margin: .3rem 0 } a { color: #2b5c8a }
.soft, figcaption, caption { color: #665d57; font-size: .9rem } .lead { font-size: 1.12rem }
.note, .banner { background: #fbeed3; color: #4c3410; padding: .6rem .9rem; border-radius: .4rem }
.banner { font-weight: 600; border: 2px solid #8a5a12 }
.tags { display: flex; flex-wrap: wrap; gap: .4rem; padding: 0; list-style: none }
.tags li { margin: 0; padding: .1rem .6rem; border: 1px solid #ddd5cc; border-radius: 1rem; font-size: .85rem }
nav ol { columns: 2 16rem; column-gap: 2rem; padding-left: 1.4rem } nav li { break-inside: avoid }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.4rem, 1fr)); gap: .6rem; margin: .8rem 0 }
.tiles div { border: 1px solid #ddd5cc; border-radius: .4rem; padding: .5rem .7rem }
.tiles dt { font-size: .84rem; color: #665d57 }
.tiles dd { margin: 0; font-size: 1.15rem; font-weight: 600; line-height: 1.35 }
figure { margin: 1.2rem 0 } svg { display: block; width: 100%; height: auto; min-width: 27rem; max-width: 46rem }
.scroll { overflow-x: auto; margin: .4rem 0 } figcaption { margin-top: .4rem; max-width: 46rem }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; margin: .8rem 0; width: 100% }
caption { text-align: left; padding-bottom: .3rem }
th, td { padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid #eae3da }
thead th { font-weight: 600; border-bottom: 2px solid #ddd5cc; vertical-align: bottom } tbody th { font-weight: 500 }
.num { text-align: right; white-space: nowrap } tbody th { min-width: 9rem } tr > :last-child { padding-right: 0 }
td:not(.num) { min-width: 12rem }
details { margin: 1rem 0 } summary { color: #2b5c8a; cursor: pointer }
pre { background: #f6f0e8; padding: .8rem; border-radius: .4rem; overflow-x: auto; font-size: .78rem }
@media print {
  @page { margin: 16mm 14mm }
  body { max-width: none; padding: 0; font-size: 10pt; background: #fff }
  svg { min-width: 0; max-width: 15cm } .scroll { overflow: visible }
  details::details-content { content-visibility: visible; height: auto } summary { color: inherit; list-style: none }
  figure, tr, .tiles div, .banner, .note { break-inside: avoid } h2, h3, caption, summary { break-after: avoid }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 7pt; background: none; padding: 0 }
  .tiles { grid-template-columns: repeat(6, 1fr); font-size: 9pt } h2 + p { break-after: avoid }
  nav { display: none } h2 { margin-top: 1.6rem } table { font-size: 9pt }
}
"""
HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{HASH}'; base-uri 'none'; form-action 'none'"
"""Nothing but the one style sheet. It stands in the file, and whoever serves the file says the same."""


@dataclass(frozen=True)
class Cover:
    """What stands above everything."""

    title: str
    study: str
    state: str
    version: int
    sha256: str
    data_version: str
    made: str  # when, in words
    simulated: bool


def page(cover: Cover, it: Report) -> str:
    """The whole file."""
    parts = _sections(it)
    listed = "".join(f'<li><a href="#{name}">{escape(title)}</a></li>' for name, title, _ in parts)
    body = "".join(
        f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>{text}</section>'
        for name, title, text in parts
    )
    edition = "to send" if it.cells.kept else "internal"
    title = f"{cover.title}: report"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY, quote=True)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)} ({edition})</title><style>{STYLE}</style></head>\n<body>\n<header>"
        f"{_banners(cover, it)}<h1>{escape(title)}</h1>{_tags(cover, edition)}"
        f'</header>\n<nav aria-label="Contents"><ol>{listed}</ol></nav>\n<main>{body}</main>\n</body></html>\n'
    )


def _sections(it: Report) -> list[tuple[str, str, str]]:
    """Anchor, title, HTML. A score's anchor is its name, so that the others begin with a capital."""
    made = [
        ("Short", "In short", sections.in_short(it)),
        ("Who", "Who took part", sections.who(it)),
        ("Often", "How much was answered", sections.how_often(it)),
        *sections.each_score(it),
        ("Side", "All trends side by side", sections.side_by_side(it)),
        ("Measures", "How well the questions measure", sections.reliability(it)),
        ("Missing", "What is missing", sections.missing(it)),
        ("Quality", "Quality of the data", sections.data_quality(it)),
    ]
    if not it.cells.kept:
        made.append(("Persons", "Each person", sections.persons(it)))
    code = (
        p("Computes every number and draws every figure of this report from the exported tables. Write them by")
        + f"<p><code>ema export {escape(it.about.id)} --format csv --out tables</code></p>"
        + p("and run this in that folder, with the same release of EMA installed.")
        + f'<pre tabindex="0" aria-label="Program"><code id="program">{escape(it.code)}</code></pre>'
    )
    return [*made, ("How", "How it was done", sections.how(it)), ("Code", "The code", code)]


def _banners(cover: Cover, it: Report) -> str:
    lines = []
    if not it.cells.kept:
        lines.append(
            "INTERNAL EDITION. It shows single persons by pseudonym and small numbers. Keep it inside the study."
        )
    if cover.simulated:
        lines.append("SIMULATED. These people do not exist: virtual participants answered by a stated model.")
    if cover.state == "piloting":
        lines.append("PILOTING. Everybody here joined as a test.")
    return "".join(p(line, "banner") for line in lines)


def _tags(cover: Cover, edition: str) -> str:
    tags = [
        f"Edition: {edition}",
        f"Made {cover.made}",
        f"Study {cover.state}",
        "Not clinically monitored",
        f"{cover.study}, version {cover.version}, {cover.sha256[:12]}",
        f"Data {cover.data_version}",
    ]
    return '<ul class="tags">' + "".join(f"<li>{escape(tag)}</li>" for tag in tags) + "</ul>"

"""Pieces of the page as HTML text. No script, no style attribute: it stands under the strictest policy."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analysis.figures import Picture

STYLE_ATTRIBUTE = re.compile(r' style="([^"]*)"')
STYLE_ELEMENT = re.compile(r"<style.*?</style>", re.DOTALL)
NAMED = re.compile(r'\b(id=")|(xlink:href="#)|(url\(#)')


def p(text: str, kind: str = "") -> str:
    """A paragraph of plain text."""
    return f"<p{_kind(kind)}>{escape(text)}</p>"


def points(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def tiles(figures: Sequence[tuple[str, str]]) -> str:
    """A few numbers to be seen at once."""
    return (
        '<dl class="tiles">'
        + "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in figures)
        + "</dl>"
    )


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, words: Sequence[int] = (0,)) -> str:
    """`words` are the columns of text, to the left; the others are numbers, to the right."""
    kinds = ["" if at in words else "num" for at in range(len(head))]
    first = "".join(f'<th scope="col"{_kind(kind)}>{escape(cell)}</th>' for cell, kind in zip(head, kinds, strict=True))
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td{_kind(kind)}>{escape(cell)}</td>" for cell, kind in zip(row[1:], kinds[1:], strict=True))
        + "</tr>"
        for row in rows
    )
    name = escape(caption, quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{name}">'
        f"<table><caption>{escape(caption)}</caption><thead><tr>{first}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def behind(summary: str, *parts: str, opened: bool = False) -> str:
    """What stands behind: closed on a screen, open on paper."""
    inside = "".join(part for part in parts if part)
    return (
        f"<details{' open' if opened else ''}><summary>{escape(summary)}</summary>{inside}</details>" if inside else ""
    )


def figure(drawn: Picture | None, name: str, caption: str = "") -> str:
    """An inline SVG with its words; nothing where there is no picture."""
    if drawn is None:
        return ""
    words = escape(drawn.text, quote=True)
    under = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure><div class="scroll" tabindex="0" role="group" aria-label="Figure">'
        f'<div role="img" aria-label="{words}">{inline(drawn.svg, name)}</div></div>{under}</figure>'
    )


def inline(svg: str, name: str) -> str:
    """An SVG to stand among others in a page: attributes instead of styles, and names of its own."""
    svg = STYLE_ELEMENT.sub("", svg)
    svg = STYLE_ATTRIBUTE.sub(lambda found: _attributes(found[1]), svg)
    svg = NAMED.sub(lambda found: f"{(found[1] or found[2] or found[3]).removeprefix('xlink:')}{name}-", svg)
    svg = re.sub(r'<metadata>.*?</metadata>| xmlns(:\w+)?="[^"]*"', "", svg, flags=re.DOTALL)
    return svg.replace("<svg ", '<svg stroke-linejoin="round" stroke-linecap="butt" aria-hidden="true" ', 1)


def _attributes(style: str) -> str:
    pairs = (one.split(":", 1) for one in style.split(";") if ":" in one)
    return "".join(f' {key.strip()}="{value.strip()}"' for key, value in pairs)


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""

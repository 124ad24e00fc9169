"""How items came to be asked, in words for the codebook: order, draws, conditions, facts that are asked once."""

from __future__ import annotations

from ema.domain.questionnaire import Page, Placed, Questionnaire, Section


def order(form: Questionnaire) -> str:
    """How the order of a questionnaire was made."""
    parts = [
        f"pages of section {section.id} in random order"
        for section in form.sections
        if section.order == "random" and len(section.pages) > 1
    ]
    for _, page in form.all_pages():
        if page.draw is not None:
            parts.append(f"{_drawn(page)}, in a balanced turn")
        if page.order == "random":
            parts.append(f"items of page {page.id} in random order")
    fixed = any(placed.fixed for _, _, placed in form.placed()) or any(page.fixed for _, page in form.all_pages())
    if parts and fixed:
        parts.append("what is fixed keeps its place")
    return "; ".join(parts) or "as written"


def shown(form: Questionnaire) -> dict[str, str]:
    """When and where each item comes up, by id. An item that always comes at its place has no words."""
    return {placed.item: _words(section, page, placed) for section, page, placed in form.placed()}


def _words(section: Section | None, page: Page | None, placed: Placed) -> str:
    parts = []
    conditions = [part.show_if for part in (section, page, placed) if part is not None and part.show_if is not None]
    if conditions:
        parts.append("only if " + " and ".join(f"({text})" if len(conditions) > 1 else text for text in conditions))
    if page is not None and page.draw is not None and not placed.fixed:
        parts.append(_drawn(page))
    if page is not None and page.order == "random":
        parts.append(f"{'keeps its place' if placed.fixed else 'random order'} on page {page.id}")
    if page is not None and section is not None and section.order == "random" and not page.fixed:
        parts.append(f"page {page.id} takes a random place in section {section.id}")
    if placed.once:
        parts.append("asked in full once; after that, what she said is put up to be confirmed")
    return "; ".join(parts)


def _drawn(page: Page) -> str:
    pool = sum(not placed.fixed for placed in page.items)
    return f"{page.draw} of {pool} drawn from page {page.id}"

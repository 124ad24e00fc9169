"""What all formats to write have in common: languages, and what none of them has a place for."""

from __future__ import annotations

from collections.abc import Iterator

from babel import Locale, UnknownLocaleError
from pydantic import BaseModel

from ema.domain.items.choice import Choice
from ema.domain.items.yes_no import YesNo
from ema.domain.localised import ANY, Localised
from ema.domain.questionnaire import Questionnaire
from ema.forms.losses import Loss


def languages(questionnaire: Questionnaire) -> tuple[str, ...]:
    """The languages of its words, in the order in which they first appear. Empty when no text says its language."""
    found = (language for words in _words(questionnaire) for language in words.root if language != ANY)
    return tuple(dict.fromkeys(found))


def _words(part: object) -> Iterator[Localised]:
    if isinstance(part, YesNo):  # its usual labels are there in every language, whatever the questionnaire speaks
        yield part.text
    elif isinstance(part, Localised):
        yield part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from _words(getattr(part, name))
    elif isinstance(part, tuple):
        for entry in part:
            yield from _words(entry)


def in_language(words: Localised, language: str) -> str:
    """Its own words in that language, or those for every language; nothing rather than another language's."""
    return words.root.get(language) or words.root.get(ANY) or ""


def language_name(language: str) -> str:
    """`Español (es)`, as XLSForm names a language."""
    try:
        name = Locale.parse(language, sep="-").get_display_name()
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name.capitalize()} ({language})" if name else f"{language} ({language})"


def ends_hint(first: float, low: str, last: float, high: str) -> str:
    """The two ends of a scale as a hint: `1 = very bad · 7 = very good`."""
    return f"{first:g} = {low} · {last:g} = {high}"


def unplaced(questionnaire: Questionnaire, *, provenance: bool) -> Iterator[Loss]:
    """What no other format has a place for."""
    if provenance:
        fields = questionnaire.provenance.model_dump()
        for name, value in fields.items():
            yield Loss(f"provenance.{name}", f"“{str(value)[:80]}” is left out", "hand it on beside the file")
    yield Loss("seconds", f"{questionnaire.seconds} s is left out", "say how long it takes in words if it matters")
    for score in questionnaire.scores:
        yield Loss(f"scores.{score.name}", "how it is scored is left out", "score with `ema score`, or set it up anew")
    yield from _flow(questionnaire)
    for item in questionnaire.items:
        if item.risk:
            yield Loss(f"items.{item.id}", "that it can disclose a risk to life is left out", "say who is on call")
        if isinstance(item, Choice):
            for option in item.options:
                if option.then:
                    yield Loss(
                        f"items.{item.id}",
                        f"that “{option.value}” leads to {option.then} is left out",
                        "set it up anew",
                    )


def _flow(questionnaire: Questionnaire) -> Iterator[Loss]:
    """Pages and conditions: none of the formats is given them, since each has an expression language of its own."""
    by_hand = "write it there by hand"
    for section in questionnaire.sections:
        if section.show_if:
            yield Loss(f"sections.{section.id}", f"that it is shown only if {section.show_if} is left out", by_hand)
        if section.order != "as_written":
            yield Loss(f"sections.{section.id}", "the random order of its pages is left out", by_hand)
    for _, page in questionnaire.all_pages():
        where = f"pages.{page.id}"
        yield Loss(where, "that its items belong together is left out", "group them there if needed")
        if page.show_if:
            yield Loss(where, f"that it is shown only if {page.show_if} is left out", by_hand)
        if page.order != "as_written":
            yield Loss(where, "the random order of its items is left out", by_hand)
        if page.draw is not None:
            yield Loss(where, f"that {page.draw} of its items are drawn is left out", "all are asked there")
        for placed in page.items:
            if placed.show_if:
                what = f"that it is shown only if {placed.show_if} is left out"
                yield Loss(f"items.{placed.item}", what, f"it is always asked there; {by_hand}")
            if placed.once:
                yield Loss(f"items.{placed.item}", "that it is asked once is left out", "it is asked each time there")
    for words in _words(questionnaire):
        for text in words.root.values():
            if "{answer." in text or "{label." in text:
                yield Loss("words", f"an earlier answer stands in “{text[:60]}”", "rewrite it in the other format")

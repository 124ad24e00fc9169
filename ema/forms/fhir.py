"""FHIR Questionnaire and QuestionnaireResponse, R4B and R5, as plain JSON.

The releases differ in little here: R5 calls a choice `coding` and an option's weight `itemWeight`; R4B says `choice`
and `ordinalValue`. Source: https://hl7.org/fhir/R5/questionnaire.html, https://hl7.org/fhir/R4B/questionnaire.html.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from ema.domain.items.base import Item, Status, Value
from ema.domain.items.calendar import Date
from ema.domain.items.choice import Choice
from ema.domain.items.duration import Duration
from ema.domain.items.faces import Faces
from ema.domain.items.multiple import Multiple
from ema.domain.items.number import Number
from ema.domain.items.rating import Rating
from ema.domain.items.text import Text
from ema.domain.items.vas import Vas
from ema.domain.items.yes_no import YesNo
from ema.domain.localised import Localised
from ema.domain.questionnaire import Questionnaire
from ema.forms.common import in_language, languages, unplaced
from ema.forms.losses import Loss

Release = Literal["R4B", "R5"]
Json = dict[str, Any]

EXTENSION = "http://hl7.org/fhir/StructureDefinition/"
CONTROL = "http://hl7.org/fhir/questionnaire-item-control"
ABSENT: dict[Status, str] = {"skipped": "unknown", "prefer_not": "asked-declined", "not_now": "temp-unknown"}
"""Why an item that was shown has no answer: a different code for each (http://hl7.org/fhir/R5/codesystem-data-absent-reason.html)."""

_AS_THEY_ARE = {"info": "display", "date": "date", "time": "time", "voice": "attachment", "photo": "attachment"}


def write(questionnaire: Questionnaire, path: Path, *, release: Release) -> list[Loss]:
    """Write the Questionnaire as a JSON file. Gives what it could not carry."""
    resource, losses = resource_of(questionnaire, release)
    path.write_text(json.dumps(resource, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return losses


def canonical(questionnaire: Questionnaire) -> str:
    """An address that names exactly these words and options: the same document always has the same."""
    return uuid.uuid5(uuid.NAMESPACE_OID, questionnaire.model_dump_json()).urn


def resource_of(questionnaire: Questionnaire, release: Release) -> tuple[Json, list[Loss]]:
    """The Questionnaire resource, and what it could not carry."""
    made = _Resource(questionnaire, release)
    return made.build(), made.losses


@dataclass
class _Resource:
    questionnaire: Questionnaire
    release: Release
    losses: list[Loss] = field(default_factory=list)
    languages: tuple[str, ...] = ()

    def build(self) -> Json:
        form, came_from = self.questionnaire, self.questionnaire.provenance
        self.languages = languages(form)
        resource: Json = {
            "resourceType": "Questionnaire",
            "url": canonical(form),
            "name": "".join(part.capitalize() for part in form.id.split("_")),
            "title": form.title,
            "status": "draft",
            "description": f"{came_from.source}\n\n{came_from.citation}\n\n{came_from.validation}",
            "purpose": f"Measures: {came_from.measures}. Recall period: {came_from.recall}.",
            "copyright": came_from.licence,
            "item": [],
        }
        if self.languages:
            resource["language"] = self.languages[0]
        if form.introduction:
            taken = {item.id for item in form.items}
            link = next(name for name in ("introduction", "introduction_") if name not in taken)
            resource["item"].append({"linkId": link, "type": "display", **self._words("text", form.introduction)})
        for item in form.items:
            if made := self._item(item):
                resource["item"].append({"linkId": item.id, **self._words("text", item.text), **made})
        self.losses += unplaced(form, provenance=False)
        return resource

    def _words(self, name: str, words: Localised) -> Json:
        """The text in the first language, the others as translations of it."""
        first = in_language(words, self.languages[0]) if self.languages else ""
        said: Json = {name: first or words.say("")}
        others = [
            _extension(
                "translation", extension=[{"url": "lang", "valueCode": lang}, {"url": "content", "valueString": text}]
            )
            for lang in self.languages[1:]
            if (text := words.root.get(lang))
        ]
        return {**said, f"_{name}": {"extension": others}} if others else said

    def _lose(self, item: Item, what: str, remedy: str) -> None:
        self.losses.append(Loss(f"items.{item.id}", what, remedy))

    def _item(self, item: Item) -> Json | None:
        choice = "coding" if self.release == "R5" else "choice"
        match item:
            case Choice():
                options = [self._option(o.value, o.label, o.code) for o in item.options]
                return {"type": choice, "answerOption": options}
            case YesNo():
                options = [self._option("yes", item.yes, 1), self._option("no", item.no, 0)]
                return {"type": choice, "answerOption": options}
            case Multiple():
                options = [self._option(o.value, o.label, None, exclusive=o.exclusive) for o in item.options]
                limits = [_extension("questionnaire-minOccurs", valueInteger=item.minimum)]
                if item.maximum is not None:
                    limits.append(_extension("questionnaire-maxOccurs", valueInteger=item.maximum))
                return {"extension": limits, "type": choice, "repeats": True, "answerOption": options}
            case Rating():
                return self._scale(item.id, item.min, item.max, item.low, item.high)
            case Vas():
                self._lose(item, "the difference between slider and row is left out", "keep the export with its modes")
                return self._scale(item.id, 0, 100, item.low, item.high)
            case Faces():
                self._lose(item, "faces become numbers", "nothing to do; the words at the ends stay")
                return self._scale(item.id, 1, item.points, item.low, item.high)
            case Number():
                return self._number(item)
            case Duration():
                minutes = {"system": "http://unitsofmeasure.org", "code": "min", "display": "minutes"}
                unit = _extension("questionnaire-unit", valueCoding=minutes)
                return {"extension": [*_range("valueInteger", item.min, item.max), unit], "type": "integer"}
            case Text():
                return {"type": "text", "maxLength": item.most}
            case Date():
                limits = _range("valueDate", item.earliest.isoformat(), item.latest.isoformat())
                return {"extension": limits, "type": "date"}
        if item.type in _AS_THEY_ARE:
            return {"type": _AS_THEY_ARE[item.type]}
        self._lose(item, f"an item of type {item.type} is left out", "FHIR has no such question; hand it on beside")
        return None

    def _option(self, value: str, label: Localised, code: int | None, *, exclusive: bool = False) -> Json:
        option: Json = {"valueCoding": {"code": value, **self._words("display", label)}}
        extensions = []
        if code is not None:
            weight = "itemWeight" if self.release == "R5" else "ordinalValue"
            extensions.append(_extension(weight, valueDecimal=code))
        if exclusive:
            extensions.append(_extension("questionnaire-optionExclusive", valueBoolean=True))
        return {"extension": extensions, **option} if extensions else option

    def _number(self, item: Number) -> Json:
        kind = "decimal" if item.decimals else "integer"
        key = f"value{kind.capitalize()}"
        low, high = (item.min, item.max) if item.decimals else (int(item.min), int(item.max))
        extensions = _range(key, low, high)
        if item.decimals:
            extensions.append(_extension("maxDecimalPlaces", valueInteger=item.decimals))
        if item.unit:
            extensions.append(_extension("questionnaire-unit", valueCoding=self._words("display", item.unit)))
        return {"extension": extensions, "type": kind}

    def _scale(self, link: str, first: int, last: int, low: Localised, high: Localised) -> Json:
        """A slider of whole steps; the words at its ends are display items, as FHIR's `lower` and `upper` want it."""
        step = _extension("questionnaire-sliderStepValue", valueInteger=1)
        ends = [
            {"extension": [_control(side)], "linkId": f"{link}.{side}", "type": "display", **self._words("text", words)}
            for side, words in (("lower", low), ("upper", high))
        ]
        extensions = [_control("slider"), *_range("valueInteger", first, last), step]
        return {"extension": extensions, "type": "integer", "item": ends}


def _extension(name: str, **content: Any) -> Json:
    return {"url": EXTENSION + name, **content}


def _range(key: str, low: float | str, high: float | str) -> list[Json]:
    return [_extension("minValue", **{key: low}), _extension("maxValue", **{key: high})]


def _control(code: str) -> Json:
    concept = {"coding": [{"system": CONTROL, "code": code}]}
    return _extension("questionnaire-itemControl", valueCodeableConcept=concept)


def response_of(
    questionnaire: Questionnaire,
    answers: Mapping[str, Value],
    *,
    pseudonym: str,
    authored: datetime,
    complete: bool,
    passed: Mapping[str, Status] | None = None,
    language: str = "",
) -> tuple[Json, list[Loss]]:
    """One completion as a QuestionnaireResponse, the same in both releases, and what it could not carry.

    `answers` by item id; `passed` says of the items that were shown and not answered why. Items in neither were not
    shown or not reached and do not appear. `authored` has a time zone. Only the pseudonym names the person.
    """
    passed = passed or {}
    losses: list[Loss] = []
    items: list[Json] = []
    for item in questionnaire.items:
        if item.id in answers:
            given = _answers(item, answers[item.id], language)
            if given:
                items.append({"linkId": item.id, "answer": given})
            else:
                losses.append(Loss(f"items.{item.id}", "its answer is left out", f"FHIR does not carry {item.type}"))
            if mode := item.mode(answers[item.id]):
                losses.append(Loss(f"items.{item.id}", f"that it was answered by {mode} is left out", "keep it beside"))
        elif (status := passed.get(item.id)) and status in ABSENT:
            reason = _extension("data-absent-reason", valueCode=ABSENT[status])
            items.append({"extension": [reason], "linkId": item.id})
    resource: Json = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": canonical(questionnaire),
        "status": "completed" if complete else "in-progress",
        "subject": {"identifier": {"value": pseudonym}},
        "authored": authored.isoformat(timespec="seconds"),
    }
    if language:
        resource["language"] = language
    if items:
        resource["item"] = items
    return resource, losses


def _answers(item: Item, value: Value, language: str) -> list[Json]:
    match item:
        case Choice() | Multiple():
            labels = {option.value: option.label for option in item.options}
            chosen = value if isinstance(value, tuple) else (str(value),)
            return [
                {"valueCoding": {"code": one, "display": labels[one].say(language)}} for one in chosen if one in labels
            ]
        case YesNo():
            label = item.yes if value == "yes" else item.no
            return [{"valueCoding": {"code": str(value), "display": label.say(language)}}]
        case Vas():
            number = item.number(value)
            return [] if number is None else [{"valueInteger": int(number)}]
        case Number() if item.decimals:
            return [{"valueDecimal": value}]
        case Rating() | Faces() | Number() | Duration():
            return [{"valueInteger": value}]
        case Date():
            return [{"valueDate": str(value)}]
    if item.type == "time":
        return [{"valueTime": f"{value}:00"}]
    return [{"valueString": value}] if isinstance(item, Text) else []

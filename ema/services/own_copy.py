"""A copy of everything that is held about her: one file to read, in her language, and one that leaves nothing out.

Both are made in memory and stored nowhere. What is in which table, and what is not copied, says `sealed.HELD`.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader
from sqlmodel import Session

from ema.channels import File
from ema.domain.conversation import Situation, reach
from ema.domain.conversation.hours import summary
from ema.domain.conversation.joining import LANGUAGE_NAMES
from ema.domain.flow import said
from ema.domain.items.base import Item
from ema.domain.localised import ANY, Localised
from ema.domain.localtime import local
from ema.domain.payment import pounds
from ema.domain.protocol import Protocol
from ema.domain.screen import Say, Words
from ema.domain.wishes import Wishes
from ema.services.situation import Person, situation
from ema.store import sealed, studies
from ema.store.vault import PersonKey
from ema.texts import right_to_left, say

FORMS: Final = ("html", "json")
MIMES: Final = {"html": "text/html", "json": "application/json"}
MOST_MEDIA: Final = 20_000_000
"""Bytes of recordings and pictures in one file: Telegram takes 50 MB, and in JSON they grow by a third."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Held:
    """What was held at one moment."""

    who: Person
    so: Situation
    """Her settings as the dialogue knows them."""
    protocols: Mapping[tuple[int, int], Protocol]
    """By enrolment and version: those that she was asked under."""
    tables: Mapping[str, list[dict[str, Any]]]
    since: datetime | None = None
    """What was given before is shut, and left out."""


@dataclass(frozen=True)
class Entry:
    """Lines of the file to read that belong together, perhaps under a title."""

    lines: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    entries: tuple[Entry, ...]


def gather(session: Session, key: PersonKey, who: Person, now: datetime, since: datetime | None = None) -> Held:
    """Everything, opened; of what she gave in sets begun before `since` only that there were such."""
    tables = sealed.everything(session, key)
    if since is not None:
        _leave_out_earlier(tables, since)
    study_of = {row["id"]: row["study_id"] for row in tables["enrolment"]}
    under = {(row["enrolment_id"], row["protocol_version"]) for row in tables["prompt"]}
    protocols = {one: studies.protocol(session, study_of[one[0]], one[1]) for one in sorted(under)}
    for at, one in enumerate(tables["media"]):  # the last ones are left out where there are too many
        so_far = sum(len(other["body"] or b"") for other in tables["media"][: at + 1])
        if so_far > MOST_MEDIA:
            one["body"], one["left_out"] = None, "too big for this file"
    return Held(who, situation(session, who, now, key=key), protocols, tables, since)


def _leave_out_earlier(tables: dict[str, list[dict[str, Any]]], since: datetime) -> None:
    shut = {row["id"] for row in tables["prompt"] if row["first_action_at"] and row["first_action_at"] <= since}
    for name in ("answer", "score", "media", "care"):
        tables[name] = [row for row in tables[name] if row["prompt_id"] not in shut]
    for row in tables["prompt"]:
        if row["id"] in shut:
            row["course"] = None


def written(held: Held, form: str, language: str) -> File:
    body = _json(held, language) if form == "json" else _page(held, language)
    return File(f"copy.{form}", MIMES[form], body.encode())


# --- to the letter


def _json(held: Held, language: str) -> str:
    document = {
        "made_at": held.so.now,
        "not_in_here": sealed.NOT_COPIED | _shut(held),
        "questions": {
            f"{protocol.id}, version {protocol.version}": {
                form.id: {item.id: item.text.say(language) for item in form.items}
                for form in protocol.questionnaires.values()
            }
            for protocol in held.protocols.values()
        },
        "held": held.tables,
    }
    return json.dumps(document, default=_plain, ensure_ascii=False, indent=1)


def _shut(held: Held) -> dict[str, str]:
    if held.since is None:
        return {}
    return {"shut": f"What was given in sets begun before {held.since.isoformat()}. Her own code opens it."}


def _plain(value: object) -> str:
    """What JSON has no form for: instants as ISO 8601, recordings and pictures in base64."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no form for a {type(value).__name__}")


# --- to read


_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
)


def _page(held: Held, language: str) -> str:
    return _TEMPLATES.get_template("own_copy.html").render(
        language=language,
        direction="rtl" if right_to_left(language) else "ltr",
        title=say(Words("copy.title"), language),
        made=say(Words("copy.made", {"at": _hers(held, held.so.now).date()}), language),
        sections=[one for one in _Reader(held, language).sections() if one.entries],
        end=[say(Words(key), language) for key in ("copy.rest", "copy.key")],
    )


def _hers(held: Held, at: datetime) -> datetime:
    return local(at, held.who.participant.timezone)


class _Reader:
    """The sections of the file to read."""

    def __init__(self, held: Held, language: str) -> None:
        self._held = held
        self._language = language

    def sections(self) -> list[Section]:
        parts = {
            "copy.you": self._settings(),
            "copy.consent": self._consents(),
            "copy.sets": self._sets(),
            "copy.contact": self._contacts(),
            "copy.paid": self._paid(),
            "copy.media": self._media(),
            "copy.chat": self._chat(),
        }
        return [Section(self._say(Words(key)), tuple(entries)) for key, entries in parts.items()]

    def _say(self, words: Say) -> str:
        return say(words, self._language)

    def _line(self, key: str, value: Say | str | date) -> str:
        what = self._say(value) if not isinstance(value, str | date) else value
        return self._say(Words("copy.line", {"what": Words(key), "value": what}))

    def _at(self, at: datetime) -> datetime:
        return _hers(self._held, at)

    def _settings(self) -> list[Entry]:
        (row,), so = self._held.tables["participant"], self._held.so
        lines = [
            self._line("copy.name", row["id"]),
            self._line("copy.number", row["address"] or ""),
            self._line("copy.since", self._at(row["created_at"]).date()),
            self._line("copy.language", LANGUAGE_NAMES.get(row["language"], row["language"])),
            self._line("button.timezone", row["timezone"]),
            self._say(Words("times.now", {"hours": summary(so)})),
            self._say(Words("notice.reminders_on" if so.reminders else "notice.reminders_off")),
        ]
        lines += self._wishes(row)
        if so.paused_until is not None and so.paused_until > so.now:
            lines.append(self._say(Words("home.paused", {"until": self._at(so.paused_until)})))
        return [Entry(tuple(lines))]

    def _wishes(self, row: Row) -> list[str]:
        said = [self._say(reach.now(self._held.so))]
        hers = Wishes.model_validate(row["wishes"] or {})
        if hers.worker:
            said.append(self._say(Words("reach.by", {"worker": Words(f"worker.{hers.worker}")})))
        if hers.pronouns:
            said.append(self._say(Words("reach.hers", {"pronouns": reach.pronouns(hers.pronouns)})))
        if self._held.so.worker is not None:
            said.append(self._say(Words("contact.yours", {"person": self._held.so.worker.name})))
        elif row["not_worker_id"] is not None:
            said.append(self._say(Words("copy.other_person")))
        return said

    def _consents(self) -> list[Entry]:
        consent = self._held.who.protocol.consent
        asked = {"participation": consent.participation, "health_data": consent.health_data}
        entries = []
        for row in self._held.tables["consent"]:
            what = asked[row["purpose"]] if row["purpose"] in asked else _as_it_is(row["purpose"])
            answer = self._say(Words("button.yes" if row["given"] else "button.no"))
            version = self._say(Words("copy.version", {"version": row["version"]}))
            when = self._say(Words("copy.when", {"at": self._at(row["at"])}))
            entries.append(Entry((answer, version, when), self._say(what)))
        return entries

    def _sets(self) -> list[Entry]:
        """Every set that was or is open, with all that she gave in it, and how many are to come."""
        tables = self._held.tables
        rows = sorted(tables["prompt"], key=lambda row: (row["due_at"], row["id"]))
        come = [row for row in rows if row["state"] != "planned"]
        entries = [self._set(row) for row in come]
        if len(come) < len(rows):
            entries.append(Entry((self._say(Words("copy.to_come", {"n": len(rows) - len(come)})),)))
        return entries

    def _set(self, prompt: Row) -> Entry:
        when = self._say(Words("copy.when", {"at": local(prompt["due_at"], prompt["timezone"])}))
        lines = [self._say(Words(f"state.{prompt['state']}"))]
        protocol = self._held.protocols[prompt["enrolment_id"], prompt["protocol_version"]]
        given: dict[tuple[str, str], list[Row]] = {}
        for row in self._held.tables["answer"]:
            if row["prompt_id"] == prompt["id"]:
                given.setdefault((row["questionnaire"], row["item"]), []).append(row)
        for (form, name), revisions in given.items():
            item = self._item(protocol, form, name)
            text = item.text if item is not None else _as_it_is(name)
            answers = [self._answer(item, row) for row in sorted(revisions, key=lambda row: row["revision"])]
            line = self._say(Words("copy.answer", {"question": text, "answer": answers[0]}))
            for changed in answers[1:]:
                line = f"{line} {self._say(Words('copy.changed', {'answer': changed}))}"
            lines.append(line)
        lines += [
            self._score(protocol, row)
            for row in self._held.tables["score"]
            if row["prompt_id"] == prompt["id"] and row["value"] is not None
        ]
        return Entry(tuple(lines), when)

    def _answer(self, item: Item | None, row: Row) -> str:
        if row["status"] != "answered":
            return self._say(Words(f"given.{row['status']}"))
        value = tuple(row["value"]) if isinstance(row["value"], list) else row["value"]
        if item is None or value is None:
            return str(value)
        words = said(item, value)
        return self._say(words if isinstance(words, Localised) else Words("copy.value", {"value": words}))

    def _score(self, protocol: Protocol, row: Row) -> str:
        names = {score.name: score.label for form in protocol.questionnaires.values() for score in form.scores}
        values = {"name": names.get(row["name"], row["name"]), "value": round(row["value"], 2)}
        return self._say(Words("copy.score", values | {"n": row["n_items"], "of": row["n_of"]}))

    @staticmethod
    def _item(protocol: Protocol, form: str, name: str) -> Item | None:
        found = protocol.questionnaires.get(form)
        return next((item for item in found.items if item.id == name), None) if found is not None else None

    def _contacts(self) -> list[Entry]:
        entries = []
        for row in self._held.tables["contact"]:
            state = Words("contact.open") if row["done_at"] is None else self._done(row["done_at"])
            when = self._say(Words("copy.when", {"at": self._at(row["asked_at"])}))
            entries.append(Entry((self._say(Words(f"origin.{row['origin']}")), self._say(state)), when))
        return entries

    def _done(self, at: datetime) -> Words:
        return Words("contact.done", {"at": self._at(at)})

    def _paid(self) -> list[Entry]:
        rows = self._held.tables["ledger"]
        given = {f"voucher:{row['id']}": row["code"] for row in self._held.tables["voucher"]}
        entries = []
        for row in rows:
            worth = abs(row["pence"]) if row["kind"] == "given" else row["pence"]
            line = self._say(Words(f"ledger.{row['kind']}", {"worth": pounds(worth)}))
            if row["about"] in given:
                line = self._say(Words("copy.line", {"what": line, "value": given[row["about"]]}))
            entries.append(Entry((line,), self._say(Words("copy.when", {"at": row["on"]}))))
        if rows:
            left = pounds(sum(row["pence"] for row in rows))
            entries.append(Entry((self._say(Words("ledger.left", {"worth": left})),)))
        return entries

    def _media(self) -> list[Entry]:
        entries = []
        for row in self._held.tables["media"]:
            key = "media.big" if "left_out" in row else f"media.{row['state']}"
            when = self._say(Words("copy.when", {"at": self._at(row["at"])}))
            entries.append(Entry((self._say(Words(key)),), when))
        return entries

    def _chat(self) -> list[Entry]:
        known = sum(row["gone_at"] is None for row in self._held.tables["message"])
        kinds = {row["kind"] for row in self._held.tables["secret"]}
        lines = [Words("copy.messages", {"n": known})]
        lines += [Words("copy.pin")] * ("pin" in kinds) + [Words("copy.code")] * (
            not kinds.isdisjoint({"code", "issued"})
        )
        if self._held.since is not None:
            at = local(self._held.since, self._held.so.preferences.timezone)
            lines.append(Words("mydata.closed", {"at": at}))
        return [Entry(tuple(self._say(line) for line in lines))]


def _as_it_is(text: str) -> Localised:
    return Localised({ANY: text})

"""Formatted text: HTML as bots write it, entities as Telegram stores them, runs as the phone draws them.

Offsets and lengths count UTF-16 code units, as everywhere in the Bot API.
"""

import re
from collections.abc import Sequence
from html import unescape
from itertools import pairwise
from typing import Any

from bot.sandbox.errors import bad_request
from bot.sandbox.model import Json

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "tg-spoiler": "spoiler",
    "blockquote": "blockquote",
}
ENTITY_KEYS = {"type", "offset", "length", "url", "language", "user", "custom_emoji_id"}

_TOKEN = re.compile(r"<(?P<close>/?)(?P<tag>[a-zA-Z][a-zA-Z0-9-]*)(?P<attributes>[^<>]*)>|<|&[#a-zA-Z0-9]+;")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_COMMAND = re.compile(r"(?<![\w/])/[a-zA-Z0-9_]{1,32}(?:@\w+)?(?!\w)")


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def formatted(text: str, parse_mode: str | None, entities: Sequence[Any] | None) -> tuple[str, list[Json]]:
    """Plain text and its entities, trimmed as Telegram trims them."""
    if parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request(f"unsupported parse_mode {parse_mode!r}: this server knows HTML only")
        plain, found = parse_html(text)
    else:
        plain, found = text, [_checked(entity) for entity in entities or ()]
    return _trimmed(plain, found)


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Telegram's HTML subset; anything else is refused with the place in bytes."""
    if "<" not in source and "&" not in source:
        return source, []
    parts: list[str] = []
    found: list[Json] = []
    open_tags: list[tuple[str, int, Json]] = []
    length = position = 0
    for token in _TOKEN.finditer(source):
        plain = source[position : token.start()]
        parts.append(plain)
        length += units(plain)
        position = token.end()
        if token["tag"] is None:
            if token[0] == "<":
                raise _unparsable(source, token, "Unexpected end tag or unescaped '<'")
            character = unescape(token[0])
            parts.append(character)
            length += units(character)
        elif token["close"]:
            _close(source, token, open_tags, length, found)
        else:
            open_tags.append((token["tag"].lower(), length, _opened(source, token)))
    if open_tags:
        raise bad_request(f"can't parse entities: Can't find end tag corresponding to start tag \"{open_tags[-1][0]}\"")
    parts.append(source[position:])
    found.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return "".join(parts), found


def _opened(source: str, token: re.Match[str]) -> Json:
    tag = token["tag"].lower()
    attributes = {
        name.lower(): unescape(double or single or bare)
        for name, double, single, bare in _ATTRIBUTE.findall(token["attributes"])
    }
    if tag == "a" and attributes.get("href"):
        return {"type": "text_link", "url": attributes["href"]}
    if tag == "span" and attributes.get("class") == "tg-spoiler":
        return {"type": "spoiler"}
    if tag == "blockquote" and "expandable" in attributes:
        return {"type": "expandable_blockquote"}
    if tag in TAGS:
        return {"type": TAGS[tag]}
    raise _unparsable(source, token, f'Unsupported start tag "{tag}"')


def _close(
    source: str, token: re.Match[str], open_tags: list[tuple[str, int, Json]], length: int, found: list[Json]
) -> None:
    tag = token["tag"].lower()
    if not open_tags or open_tags[-1][0] != tag:
        raise _unparsable(source, token, f'Unmatched end tag "{tag}"')
    _, start, entity = open_tags.pop()
    if length > start:
        found.append({**entity, "offset": start, "length": length - start})


def _unparsable(source: str, token: re.Match[str], why: str) -> Exception:
    offset = len(source[: token.start()].encode())
    return bad_request(f"can't parse entities: {why} at byte offset {offset}")


def _checked(entity: Any) -> Json:
    if (
        not isinstance(entity, dict)
        or not entity.keys() <= ENTITY_KEYS
        or not isinstance(entity.get("type"), str)
        or not isinstance(entity.get("offset"), int)
        or not isinstance(entity.get("length"), int)
    ):
        raise bad_request("can't parse entities: expected a list of MessageEntity")
    return entity


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    body = text.rstrip()
    trimmed = body.lstrip()
    if trimmed == text:
        return text, entities
    lead, end = units(body) - units(trimmed), units(trimmed)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] - lead + entity["length"], end)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return trimmed, kept


def commands_in(text: str) -> list[Json]:
    """What Telegram marks by itself in a person's message: /commands."""
    if "/" not in text:
        return []
    return [
        {"type": "bot_command", "offset": units(text[: match.start()]), "length": units(match[0])}
        for match in _COMMAND.finditer(text)
    ]


def runs(text: str, entities: Sequence[Json]) -> list[Json]:
    """The text cut where its formatting changes: `{"text", "styles", "url"?}` for the page to draw."""
    if not entities:
        return [{"text": text, "styles": []}] if text else []
    encoded = text.encode("utf-16-le")
    edges = {0, len(encoded) // 2}
    for entity in entities:
        edges |= {entity["offset"], entity["offset"] + entity["length"]}
    cuts = sorted(edges)
    pieces = []
    for start, stop in pairwise(cuts):
        over = [e for e in entities if e["offset"] <= start and stop <= e["offset"] + e["length"]]
        piece: Json = {
            "text": encoded[start * 2 : stop * 2].decode("utf-16-le", "replace"),
            "styles": [entity["type"] for entity in over],
        }
        for entity in over:
            if "url" in entity:
                piece["url"] = entity["url"]
        pieces.append(piece)
    return pieces

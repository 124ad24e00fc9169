"""Text to expression: words first, then what belongs together (operator precedence, as Pratt described it in 1973)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ema.domain.errors import EmaError
from ema.domain.expressions.tree import (
    BINDING,
    COMPARISONS,
    MINUS,
    NOT,
    Both,
    Call,
    Compared,
    Expression,
    Literally,
    Name,
    Negative,
    Not,
    OneOf,
    Reckoned,
)

MAX_LENGTH = 1000
"""Characters of one expression."""
MAX_DEPTH = 25
"""Brackets, calls and signs inside one another."""
MAX_WORDS = 250
"""Names, numbers, texts, signs and brackets together; what is built of them is never deeper than that."""

Sort = Literal["number", "text", "name", "word", "sign", "end"]

WORDS = ("and", "or", "not", "in", "true", "false")

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_]+)*)
      | (?P<sign>==|!=|<=|>=|[<>+\-*/()\[\],])""",
    re.VERBOSE,
)
_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
_INSTEAD = {
    "=": "write == to compare",
    "!": "write not, or != for unequal",
    "&": "write and",
    "|": "write or",
    "≤": "write <=",
    "≥": "write >=",
    "≠": "write !=",
    "×": "write *",
    "÷": "write /",
    "−": "write a plain hyphen for minus",
    "–": "write a plain hyphen for minus",
    "“": 'write straight quotes: "',
    "”": 'write straight quotes: "',
    "„": 'write straight quotes: "',
    "‘": "write straight quotes: '",
    "’": "write straight quotes: '",
    "{": "braces are for words that are shown; write the name alone",
    "%": "write a division: x / 100",
    "^": "write a product: x * x",
}


class BadExpression(EmaError):
    """The text is no expression. `at` is the place of the mistake in it, from 0."""

    status = 422

    def __init__(self, message: str, at: int) -> None:
        self.at = at
        super().__init__(message)


@dataclass(frozen=True)
class _Token:
    sort: Sort
    text: str
    at: int


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read one expression. Raises BadExpression, which says what is wrong and where."""
    if len(text) > MAX_LENGTH:
        raise BadExpression(
            f"has {len(text)} characters; at most {MAX_LENGTH} are read; split it with a computed item",
            MAX_LENGTH,
        )
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if text[at] in "\"'":
            end = _end_of_text(text, at)
            tokens.append(_Token("text", _unescaped(text[at + 1 : end]), at))
            at = end + 1
        elif found is None:
            hint = _INSTEAD.get(text[at], "remove it")
            shown = text[at] if text[at].isprintable() else f"U+{ord(text[at]):04X}"
            raise BadExpression(f"“{shown}” means nothing here; {hint}", at)
        else:
            if found.lastgroup != "space":
                tokens.append(_token(found.lastgroup or "", found[0], at))
            at = found.end()
        if len(tokens) > MAX_WORDS:
            raise BadExpression(f"has more than {MAX_WORDS} words and signs; split it with a computed item", at)
    return [*tokens, _Token("end", "", len(text))]


def _token(sort: str, text: str, at: int) -> _Token:
    if sort == "number":
        if sum(character.isdigit() for character in text) > 15:
            raise BadExpression("a number has at most 15 digits", at)
        if len(text.partition(".")[2]) > 9:
            raise BadExpression("a number has at most 9 decimals", at)
        return _Token("number", text, at)
    if sort == "sign":
        return _Token("sign", text, at)
    if text in WORDS:
        return _Token("word", text, at)
    if _NAME.fullmatch(text) is None:
        if text.lower() in WORDS:
            raise BadExpression(f"“{text[:30]}”: write {text.lower()} in small letters", at)
        if text.count(".") > 1:
            raise BadExpression(f"“{text[:30]}” has more than one dot; write for example last.wb_mood", at)
        raise BadExpression(
            f"“{text[:30]}” is no name; names are small letters, digits and underscores, beginning with a letter. "
            "Put texts in quotes",
            at,
        )
    return _Token("name", text, at)


def _end_of_text(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] != text[start]:
        if not text[at].isprintable():
            raise BadExpression("there is a line break or an unprintable character in a text; remove it", at)
        if text[at] == "\\":
            if text[at + 1 : at + 2] not in ("\\", '"', "'"):
                raise BadExpression("after a backslash only a quote or another backslash can stand", at)
            at += 1
        at += 1
    if at >= len(text):
        raise BadExpression("this text has no closing quote; add it", start)
    return at


def _unescaped(inside: str) -> str:
    return re.sub(r"\\(.)", r"\1", inside)


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.next = 0
        self.depth = 0

    @property
    def here(self) -> _Token:
        return self.tokens[self.next]

    def take(self) -> _Token:
        token = self.here
        self.next += 1
        return token

    def whole(self) -> Expression:
        if self.here.sort == "end":
            raise BadExpression("is empty; write a condition such as wb_mood <= 2", 0)
        expression = self.side(0)
        if self.next < len(self.tokens) - 1:
            raise self.unexpected("nothing more, or and, or, or a sign that joins two sides")
        return expression

    def side(self, binding: int) -> Expression:
        """Everything that holds together more tightly than `binding`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BadExpression(f"is nested more than {MAX_DEPTH} deep; split it with a computed item", self.here.at)
        left = self.beginning()
        while True:
            sign = self.joining()
            if sign is None or BINDING[sign] <= binding:
                break
            at = self.here.at
            self.next += 2 if sign == "not in" else 1
            left = self.joined(sign, left, at)
        self.depth -= 1
        return left

    def joining(self) -> str | None:
        """The operator that stands here, if one does."""
        token = self.here
        if token.sort == "word" and token.text == "not":
            following = self.tokens[self.next + 1]
            return "not in" if (following.sort, following.text) == ("word", "in") else None
        return token.text if token.sort in ("word", "sign") and token.text in BINDING else None

    def joined(self, sign: str, left: Expression, at: int) -> Expression:
        right = self.side(BINDING[sign])
        match sign:
            case "and" | "or":
                return Both(sign, left, right, at)
            case "+" | "-" | "*" | "/":
                return Reckoned(sign, left, right, at)
            case "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in":
                if self.joining() in COMPARISONS:
                    raise BadExpression(
                        "two comparisons in a row: join them with and, as in 1 < x and x < 5", self.here.at
                    )
                return Compared(sign, left, right, at)
        raise AssertionError(sign)

    def beginning(self) -> Expression:
        token = self.take()
        match token.sort, token.text:
            case "number", text:
                return Literally(float(text) if "." in text else int(text), token.at)
            case "text", text:
                return Literally(text, token.at)
            case "word", ("true" | "false") as text:
                return Literally(text == "true", token.at)
            case "word", "not":
                return Not(self.side(NOT - 1), token.at)
            case "sign", "-":
                return Negative(self.side(MINUS - 1), token.at)
            case "sign", "(":
                inside = self.side(0)
                self.close(")", token)
                return inside
            case "sign", "[":
                return OneOf(self.listed("]", token), token.at)
            case "name", name:
                if (self.here.sort, self.here.text) == ("sign", "("):
                    return Call(name, self.listed(")", self.take()), token.at)
                return Name(name, token.at)
        self.next -= 1
        raise self.unexpected("a name, a number, a text in quotes or a bracket")

    def listed(self, closing: str, opening: _Token) -> tuple[Expression, ...]:
        """Parts with commas between them, up to the closing bracket."""
        parts: list[Expression] = []
        while (self.here.sort, self.here.text) != ("sign", closing):
            if parts:
                if (self.here.sort, self.here.text) != ("sign", ","):
                    self.close(closing, opening)
                self.take()
            parts.append(self.side(0))
        self.take()
        return tuple(parts)

    def close(self, closing: str, opening: _Token) -> None:
        if self.here.sort == "end":
            raise BadExpression(f"this “{opening.text}” is never closed; add “{closing}”", opening.at)
        if (self.here.sort, self.here.text) != ("sign", closing):
            raise self.unexpected(f"“{closing}”")
        self.take()

    def unexpected(self, wanted: str) -> BadExpression:
        token = self.here
        if token.sort == "end":
            return BadExpression(f"ends too early; {wanted} must follow", token.at)
        return BadExpression(f"“{token.text[:30]}” can't stand here; {wanted} can", token.at)

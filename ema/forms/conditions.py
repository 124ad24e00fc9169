"""XLSForm's expressions (a subset of XPath) in this platform's expression language.

`${calm} = 'yes' and ${mood} < 3` becomes `calm == "yes" and mood < 3`. In XPath an empty answer is unequal to
everything and fails every comparison; here it is missing. So where XPath would count an empty answer as true (`!=`, and
comparisons inside `not()`), `answered()` is written out. What can't be said the same way is refused, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ema.domain.expressions import BadExpression, parse

MAX_DEPTH = 15
MAX_LENGTH = 1000

_TOKEN = re.compile(
    r"""\s*(?:(?P<name>\$\{\s*[\w.\-]+\s*\})|(?P<number>\d+(?:\.\d+)?)|(?P<text>'[^'"\\]*'|"[^'"\\]*")
    |(?P<sign>!=|<=|>=|[=<>+*(),\-])|(?P<word>[A-Za-z][\w\-]*))""",
    re.VERBOSE,
)


class NotCarried(Exception):
    """The expression says something that this platform's language can't say in the same way."""


@dataclass(frozen=True)
class Named:
    """A question that may stand in an expression. `options` are its values by the form's names; None: no options."""

    item: str
    several: bool = False
    options: Mapping[str, str] | None = None
    coded: bool = False


@dataclass(frozen=True)
class _Part:
    """A piece of the translation. Pieces that bind loosely carry their own brackets."""

    text: str
    sort: Literal["question", "text", "number", "sum", "truth"]
    named: Named | None = None
    asks: tuple[str, ...] = ()
    """The items that it needs an answer of."""


def translate(source: str, known: Mapping[str, Named]) -> str:
    """The expression in this platform's language. Raises NotCarried with what it could not say."""
    if len(source) > MAX_LENGTH:
        raise NotCarried("it is too long")
    reader = _Reader(_tokens(" ".join(source.split())), known)
    part = reader.either(negated=False, depth=0)
    if reader.next() != "":
        raise NotCarried(f"“{reader.next()[:20]}” was not expected there")
    said = _value(part) if part.sort == "question" else _bare(part.text)
    try:
        parse(said)
    except BadExpression as bad:
        raise NotCarried(f"here it would be too long or too deep: {bad}") from None
    return said


def _tokens(source: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    source = source.strip()
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise NotCarried(f"“{source[at : at + 12]}” has no counterpart")
        tokens.append(found[0].strip())
        at = found.end()
    return tokens


class _Reader:
    """Reads tokens from the loosest operator to the tightest, as XPath binds them."""

    def __init__(self, tokens: list[str], known: Mapping[str, Named]) -> None:
        self.tokens = tokens
        self.known = known
        self.at = 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.next()
        if not token or (expected and token != expected):
            raise NotCarried(f"“{expected or 'more'}” is missing at its end" if not token else f"“{token}” is unclear")
        self.at += 1
        return token

    def either(self, *, negated: bool, depth: int) -> _Part:
        return self._joined("or", negated=negated, depth=depth)

    def _joined(self, word: str, *, negated: bool, depth: int) -> _Part:
        if depth > MAX_DEPTH:
            raise NotCarried("it nests too deep")

        def inner() -> _Part:
            if word == "or":
                return self._joined("and", negated=negated, depth=depth)
            return self._compared(negated=negated, depth=depth)

        parts = [inner()]
        while self.next() == word:
            self.take()
            parts.append(inner())
        if len(parts) == 1:
            return parts[0]
        if any(part.sort != "truth" for part in parts):
            raise NotCarried(f"“{word}” joins something that is no condition")
        return _Part("(" + f" {word} ".join(part.text for part in parts) + ")", "truth")

    def _compared(self, *, negated: bool, depth: int) -> _Part:
        left = self._sum(negated=negated, depth=depth)
        sign = self.next()
        if sign not in ("=", "!=", "<", "<=", ">", ">="):
            return left
        self.take()
        right = self._sum(negated=negated, depth=depth)
        if self.next() in ("=", "!=", "<", "<=", ">", ">="):
            raise NotCarried("it compares three things in a row")
        return _comparison(left, sign, right, negated=negated)

    def _sum(self, *, negated: bool, depth: int) -> _Part:
        return self._reckoned(("+", "-"), negated=negated, depth=depth)

    def _reckoned(self, signs: tuple[str, ...], *, negated: bool, depth: int) -> _Part:
        def inner() -> _Part:
            if signs == ("+", "-"):
                return self._reckoned(("*", "div"), negated=negated, depth=depth)
            return self._single(negated=negated, depth=depth)

        part = inner()
        while self.next() in signs:
            sign = self.take()
            other = inner()
            text = f"({_number(part)} {'/' if sign == 'div' else sign} {_number(other)})"
            part = _Part(text, "sum", asks=part.asks + other.asks)
        return part

    def _single(self, *, negated: bool, depth: int) -> _Part:
        if depth > MAX_DEPTH:
            raise NotCarried("it nests too deep")
        word = self.take()
        if word == "-":
            part = self._single(negated=negated, depth=depth + 1)
            return _Part(f"(-{_number(part)})", "sum", asks=part.asks)
        if word == "(":
            part = self.either(negated=negated, depth=depth + 1)
            self.take(")")
            return part
        if word.startswith("$"):
            return self._question(word[2:-1].strip())
        if word[0] in "'\"":
            return _Part(word[1:-1], "text")
        if word[0].isdigit():
            return _Part(word, "number")
        return self._call(word, negated=negated, depth=depth)

    def _question(self, name: str) -> _Part:
        named = self.known.get(name)
        if named is None:
            raise NotCarried(f"“{name}” is not carried, or comes later")
        return _Part(named.item, "question", named, (named.item,))

    def _call(self, word: str, *, negated: bool, depth: int) -> _Part:
        if self.next() != "(":
            raise NotCarried(f"“{word[:20]}” has no counterpart")
        self.take("(")
        if word in ("true", "false"):
            self.take(")")
            return _Part(word, "truth")
        if word == "not":
            part = self.either(negated=not negated, depth=depth + 1)
            self.take(")")
            if part.sort != "truth":
                raise NotCarried("“not” is said of something that is no condition")
            return _Part(f"(not {part.text})", "truth")
        if word == "selected":
            question = self._single(negated=negated, depth=depth + 1)
            self.take(",")
            chosen = self._single(negated=negated, depth=depth + 1)
            self.take(")")
            return _selected(question, chosen)
        raise NotCarried(f"the function “{word[:20]}” has no counterpart")


def _selected(question: _Part, chosen: _Part) -> _Part:
    named = question.named
    if named is None or named.options is None or chosen.sort not in ("text", "number"):
        raise NotCarried("“selected” is said of something that has no options")
    value = _option(named, chosen.text)
    said = f'"{value}" in {named.item}' if named.several else f'{named.item} == "{value}"'
    return _Part(f"(answered({named.item}) and {said})", "truth")


def _option(named: Named, name: str) -> str:
    if named.options is None or name not in named.options:
        raise NotCarried(f"“{name[:20]}” is no option of {named.item}")
    return named.options[name]


def _comparison(left: _Part, sign: str, right: _Part, *, negated: bool) -> _Part:
    if left.sort in ("text", "number") and right.sort == "question":
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
        left, right, sign = right, left, mirrored.get(sign, sign)
    if right.sort == "text" and right.text == "" and left.named is not None and sign in ("=", "!="):
        answered = f"answered({left.named.item})"
        return _Part(answered if sign == "!=" else f"(not {answered})", "truth")
    own = {"=": "=="}.get(sign, sign)
    if _by_option(left, sign, right):
        assert left.named is not None
        said = f'{left.named.item} {own} "{_option(left.named, right.text)}"'
    elif right.sort == "text":
        if left.sort != "question" or sign not in ("=", "!=") or (left.named and left.named.options is not None):
            raise NotCarried("text can only be compared for being the same")
        said = f'{left.text} {own} "{right.text}"'
    else:
        said = f"{_number(left)} {own} {_number(right)}"
    asked = [f"answered({item})" for item in dict.fromkeys(left.asks + right.asks)]
    if sign == "!=" and asked:
        return _Part(f"(not ({' and '.join(asked)}) or {said})", "truth")
    if negated and asked:
        return _Part(f"({' and '.join([*asked, said])})", "truth")
    return _Part(f"({said})", "truth")


def _by_option(left: _Part, sign: str, right: _Part) -> bool:
    """Whether an option's name stands on the right: as text, or as a number that is one of the names."""
    named = left.named
    if named is None or named.options is None or sign not in ("=", "!="):
        return False
    if named.several:
        raise NotCarried("a question with several answers is compared; XLSForm says selected(${…}, '…') for it")
    return right.sort == "text" or (right.sort == "number" and right.text in named.options)


def _number(part: _Part) -> str:
    if part.sort in ("number", "sum"):
        return part.text
    if part.sort == "question" and part.named is not None:
        if part.named.options is None:
            return part.text
        if part.named.coded:
            return f"number({part.text})"
    raise NotCarried(f"“{part.text[:20]}” is no number")


def _value(part: _Part) -> str:
    return part.text if part.named is None or part.named.options is None else _number(part)


def _bare(text: str) -> str:
    """Without brackets around the whole."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and at < len(text) - 1:
            return text
    return text[1:-1]

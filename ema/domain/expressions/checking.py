"""Does an expression fit a study? Every name known, every comparison between things of one kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from itertools import islice

from ema.domain.expressions.functions import FUNCTIONS, Kind
from ema.domain.expressions.tree import (
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

_WORDS: dict[Kind, str] = {
    "number": "a number",
    "text": "text",
    "boolean": "true or false",
    "date": "a date",
    "options": "a choice of several",
}


@dataclass(frozen=True)
class Known:
    """A name that an expression may use, as far as the study file tells."""

    kind: Kind
    low: float | None = None
    high: float | None = None
    whole: bool = False
    """Only whole numbers, so that all of them can be tried."""
    choices: tuple[str, ...] = ()
    """The texts that it can be; empty where it can be any."""
    codes: tuple[float, ...] = ()
    """The numbers of `choices`, in their order; what `number(…)` gives."""
    not_here: str = ""
    """Why it can't be used at this place, in words; empty where it can."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, and where in the text of the expression, from 0."""

    at: int
    message: str


def check(expression: Expression, names: Mapping[str, Known], expect: Kind | None = "boolean") -> list[Problem]:
    """Everything that keeps the expression from being evaluated. `expect` is the kind it must come to, None any."""
    checker = _Checker(names)
    kind = checker.kind(expression)
    if kind is not None and expect is not None and kind != expect:
        example = "; compare it, as in wb_mood <= 2" if expect == "boolean" else ""
        checker.problem(expression, f"this is {_WORDS[kind]}, and {_WORDS[expect]} is needed{example}")
    return sorted(checker.problems, key=lambda problem: problem.at)


class _Checker:
    """Kinds from the inside out. None is the kind of a part that is already blamed."""

    def __init__(self, names: Mapping[str, Known]) -> None:
        self.names = names
        self.problems: list[Problem] = []

    def problem(self, part: Expression, message: str) -> None:
        self.problems.append(Problem(part.at, message))

    def kind(self, expression: Expression) -> Kind | None:
        match expression:
            case Literally(value=bool()):
                return "boolean"
            case Literally(value=str()):
                return "text"
            case Literally():
                return "number"
            case Name(name=name):
                known = self.known(expression, name)
                return known.kind if known else None
            case OneOf():
                self.problem(expression, 'a list stands only after in, as in slot in ["morning", "evening"]')
                return None
            case Negative(part=part):
                self.must_be(part, "number")
                return "number"
            case Not(part=part):
                self.must_be(part, "boolean")
                return "boolean"
            case Both(left=left, right=right):
                self.must_be(left, "boolean")
                self.must_be(right, "boolean")
                return "boolean"
            case Reckoned(left=left, right=right):
                self.must_be(left, "number")
                self.must_be(right, "number")
                return "number"
            case Compared():
                self.compared(expression)
                return "boolean"
            case Call():
                return self.call(expression)

    def known(self, part: Expression, name: str) -> Known | None:
        known = self.names.get(name)
        if known is None:
            self.problem(part, _unknown(name, self.names))
        elif known.not_here:
            self.problem(part, known.not_here)
        return known

    def must_be(self, part: Expression, wanted: Kind) -> None:
        kind = self.kind(part)
        if kind is None or kind == wanted:
            return
        hint = ""
        if isinstance(part, Name):
            known = self.names[part.name]
            hint = f"; number({part.name}) gives its code" if wanted == "number" and known.codes else ""
            if wanted == "boolean":
                hint = f"; compare it, or ask answered({part.name})"
        self.problem(part, f"{_called(part)} is {_WORDS[kind]}, and {_WORDS[wanted]} is needed here{hint}")

    def compared(self, compared: Compared) -> None:
        left, right, sign = compared.left, compared.right, compared.sign
        kind = self.kind(left)
        if sign in ("in", "not in"):
            self.contained(compared, kind)
            return
        other = self.kind(right)
        if kind is None or other is None:
            return
        if "options" in (kind, other):
            part = left if kind == "options" else right
            self.problem(compared, f'{_called(part)} is a choice of several; write for example "a" in {_called(part)}')
        elif sign not in ("==", "!=") and not {kind, other} <= {"number", "date", "text"}:
            self.problem(compared, f"{sign} compares numbers or dates, not {_WORDS[kind]}")
        elif sign not in ("==", "!=") and (kind, other) == ("text", "text"):
            self.problem(compared, f"{sign} compares numbers or dates, and these are texts; use == or in")
        else:
            self.same(left, kind, right, other)
            self.same_words(left, right)

    def same(self, left: Expression, kind: Kind, right: Expression, other: Kind) -> None:
        if kind == other:
            return
        for text, beside in ((right, kind), (left, other)):
            if isinstance(text, Literally) and isinstance(text.value, str) and beside == "date":
                self.iso_date(text, text.value)
                return
        hint = ""
        for part in (left, right):
            if isinstance(part, Name) and "number" in (kind, other) and self.names[part.name].codes:
                hint = f"; number({part.name}) gives its code"
        self.problem(right, f"{_called(right)} is {_WORDS[other]}, and {_called(left)} is {_WORDS[kind]}{hint}")

    def same_words(self, left: Expression, right: Expression) -> None:
        """A text beside a name that can only be certain texts must be one of them."""
        for name, text in ((left, right), (right, left)):
            if isinstance(name, Name) and isinstance(text, Literally) and isinstance(text.value, str):
                choices = self.names[name.name].choices
                if choices and text.value not in choices:
                    near = get_close_matches(text.value, choices, n=1)
                    hint = f"did you mean “{near[0]}”?" if near else f"it can be {', '.join(choices)}"
                    self.problem(text, f"{name.name} is never “{text.value[:30]}”; {hint}")

    def iso_date(self, part: Expression, text: str) -> None:
        try:
            correct = date.fromisoformat(text).isoformat() == text
        except ValueError:
            correct = False
        if not correct:
            self.problem(part, f"“{text[:30]}” is no date; write it as 2026-03-29")

    def contained(self, compared: Compared, kind: Kind | None) -> None:
        left, right = compared.left, compared.right
        if kind in ("options", "boolean"):
            self.problem(left, f"{_called(left)} is {_WORDS[kind]}; before in stands a number, a text or a date")
            return
        if not isinstance(right, OneOf):
            several = self.kind(right)
            if several is not None and several != "options":
                self.problem(right, f"{_called(right)} is {_WORDS[several]}; after in stands a list in square brackets")
            elif several is not None and kind not in (None, "text"):
                self.problem(left, f"{_called(left)} is no text, and {_called(right)} holds texts")
            self.same_words(left, right)
            return
        if not right.parts:
            self.problem(right, "the list is empty; write what it may be")
        for part in right.parts:
            other = self.kind(part)
            if kind is not None and other is not None:
                self.same(left, kind, part, other)
                self.same_words(left, part)

    def call(self, call: Call) -> Kind | None:
        function = FUNCTIONS.get(call.function)
        if function is None:
            self.problem(call, _unknown(call.function, FUNCTIONS, "function"))
            return None
        n, most = len(call.arguments), function.at_most
        if n < function.at_least or (most is not None and n > most):
            self.problem(call, f"{call.function} has {n} arguments; write {function.usage}")
            return None if call.function == "if" else function.gives
        if function.of_name is not None:
            self.of_name(call)
        elif call.function == "if":
            return self.branches(call)
        else:
            for argument in call.arguments:
                if function.takes is None:
                    self.kind(argument)
                elif function.takes == "date" and isinstance(argument, Literally) and isinstance(argument.value, str):
                    self.iso_date(argument, argument.value)
                else:
                    self.must_be(argument, function.takes)
        return function.gives

    def of_name(self, call: Call) -> None:
        (argument,) = call.arguments
        if not isinstance(argument, Name):
            self.problem(argument, f"{call.function} takes the name of an item, as in {FUNCTIONS[call.function].usage}")
            return
        known = self.known(argument, argument.name)
        if call.function == "number" and known and known.kind != "number" and not known.codes:
            self.problem(argument, f"{argument.name} has no number; give each of its options a code")

    def branches(self, call: Call) -> Kind | None:
        condition, then, otherwise = call.arguments
        self.must_be(condition, "boolean")
        kind, other = self.kind(then), self.kind(otherwise)
        if kind is not None and other is not None and kind != other:
            self.problem(otherwise, f"this is {_WORDS[other]}, and the other branch is {_WORDS[kind]}; make them alike")
        return kind or other


def _called(part: Expression) -> str:
    match part:
        case Name(name=name):
            return name
        case Literally(value=str() as text):
            return f"“{text[:30]}”"
        case Literally(value=bool() as truth):
            return "true" if truth else "false"
        case Literally(value=number):
            return str(number)
    return "this part"


def _unknown(name: str, known: Iterable[str], what: str = "name") -> str:
    """With the nearest known one: the same word in another space counts as near."""
    names = list(islice(known, 1000))  # a hostile file may have any number
    bare = name.rpartition(".")[2]
    near = [other for other in names if other.rpartition(".")[2] == bare] or get_close_matches(name, names, n=1)
    if near:
        return f"“{name}” is no {what} that is known; did you mean “{near[0]}”?"
    listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return f"“{name}” is no {what} that is known; there are {listed or 'none'}"

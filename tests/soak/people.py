"""People with phones, who tap what they see, and remember what the phone acknowledged."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from time import monotonic

from bot.render import decode
from bot.sandbox import Phone, PhoneError, ScreenMessage

PATIENCE = 4.0
"""Seconds until she taps again what was not answered."""
JOINING = ("Yes", "Yes, I want to take part", "Next", "About 3 pm and 9.30 pm", "London", "Not now")
CLOSED = ("That one has closed", "This one has closed")
"""What a question turns into that she answered in the moment in which its time ran out."""
REFUSALS = frozenset({"That button is from earlier.", "That one is done already."})


@dataclass(frozen=True)
class Given:
    """One answer, as she tapped it."""

    prompt: int
    item: str
    value: str


class Telephony:
    """What went over the wire, by the hooks of the local Bot API server."""

    def __init__(self, note: str) -> None:
        self._note = note
        self.toasts: dict[str, str] = {}
        """Of each tap that was answered, the words: mostly none."""
        self.notes: dict[tuple[int, int], list[float]] = {}
        """Chat and prompt → when its note came, on the machine's monotonic clock."""

        self.heard_at = monotonic()
        """When something last appeared on any phone."""

    def on_request(self, method, params):
        if method == "answerCallbackQuery":
            self.toasts[params["callback_query_id"]] = params.get("text") or ""

    def on_response(self, method, result):
        if method in {"sendMessage", "editMessageText"}:
            self.heard_at = monotonic()
        if method == "sendMessage" and result.get("text") == self._note:
            rows = result.get("reply_markup", {}).get("inline_keyboard", ())  # without: a screen that is on its way
            codes = [button["callback_data"] for row in rows for button in row]
            for action in filter(None, map(decode, codes)):
                if action.verb == "start":
                    self.notes.setdefault((result["chat"]["id"], action.prompt), []).append(monotonic())


@dataclass
class Someone:
    """One person. Most check-ins she finishes, some she leaves after two answers, some she does not see."""

    phone: Phone
    rng: Random
    wires: Telephony
    acknowledged: set[Given] = field(default_factory=set)
    refused: set[Given] = field(default_factory=set)
    """The phone said that this came too late, or was there already."""
    taps: int = 0
    eager: bool = False
    """From now on she finishes whatever she is asked."""
    _moods: dict[int, int] = field(default_factory=dict)
    """At how many answers she leaves each prompt."""
    _waiting: tuple[str, int, str, float] | None = None
    """Her last tap: its id, the message, what stood there, and when."""
    _tapped: dict[str, Given] = field(default_factory=dict)
    _on: dict[int, tuple[Given, str]] = field(default_factory=dict)
    """Message → the answer that she tapped on it last, and what stood there."""

    def look(self):
        """Do what is next to do, if anything is. True: she waits for an answer, or did something."""
        messages = self.phone.messages()
        self._hear(messages)
        move = self._next(messages)
        if move is None:
            self._waiting = None
            return False
        message, text, code = move
        if self._waiting is not None:
            _, where, before, since = self._waiting
            if (where, before) == (message, text) and monotonic() - since < PATIENCE:
                return True
        try:
            tap = self.phone.tap(message, code)
        except PhoneError:  # it changed in this moment
            return True
        self.taps += 1
        self._waiting = (tap, message, text, monotonic())
        action = decode(code)
        if action is not None and action.verb == "answer" and action.prompt is not None:
            self._tapped[tap] = Given(action.prompt, action.item, action.value)
            self._on[message] = self._tapped[tap], text
        return True

    def _hear(self, messages: list[ScreenMessage]) -> None:
        """What became of her answers: the tap was answered, or the next question stands where she tapped."""
        for tap in [tap for tap in self._tapped if tap in self.wires.toasts]:
            given = self._tapped.pop(tap)
            late = given in self.refused or self.wires.toasts[tap] in REFUSALS
            (self.refused if late else self.acknowledged).add(given)
        for message in messages:
            given, before = self._on.get(message.id, (None, message.text))
            if given is not None and message.text != before:
                del self._on[message.id]
                if message.text.startswith(CLOSED):
                    self.acknowledged.discard(given)
                    self.refused.add(given)
        if self._waiting is None or self._waiting[0] not in self._tapped:
            return
        given = self._tapped[self._waiting[0]]
        for message in messages:
            asked = {(action.prompt, action.item) for _, action in _buttons(message) if action.verb == "answer"}
            further = {prompt for prompt, _ in asked} == {given.prompt} and (given.prompt, given.item) not in asked
            if message.id == self._waiting[1] and further:
                self.acknowledged.add(given)

    def _next(self, messages: list[ScreenMessage]) -> tuple[int, str, str] | None:
        """The newest message first; a question before a note."""
        ours = [message for message in reversed(messages) if message.from_bot]
        for verb in ("answer", "start"):
            for message in ours:
                wanted = [(code, action) for code, action in _buttons(message) if action.verb == verb]
                if wanted and self._goes_on(wanted[0][1].prompt):
                    return message.id, message.text, self._choice(wanted)
        for message in ours[:1]:
            for label in JOINING:
                if label in message.labels:
                    return message.id, message.text, label
        return None

    def _choice(self, wanted) -> str:
        """The same value whenever she is asked the same again."""
        code, action = wanted[0]
        if action.verb == "answer":
            code, _ = Random(f"{self.phone.id}{action.prompt}{action.item}").choice(wanted)
        return code

    def _goes_on(self, prompt: int | None) -> bool:
        """Whether she cares for this prompt still."""
        if prompt is None:
            return False
        mood = self._moods.setdefault(prompt, self.rng.choice((99, 99, 99, 99, 2, 0)))
        return self.eager or len({given.item for given in self.acknowledged if given.prompt == prompt}) < mood


def _buttons(message: ScreenMessage):
    for row in message.buttons:
        for button in row:
            action = decode(button.data) if button.data else None
            if action is not None:
                yield button.data, action

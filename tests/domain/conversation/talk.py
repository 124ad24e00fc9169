"""A dialogue without any platform behind it: effects are applied to a plain situation, as the services would."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import questionnaires
from ema.domain import conversation
from ema.domain.conversation import PromptFacts, Situation, State
from ema.domain.conversation import effects as fx
from ema.domain.conversation.events import Begun, Command, Created, Event, PinRead, Posted, Tap, Typed
from ema.domain.discretion import Discretion
from ema.domain.flow import Course, Seed, needed, order
from ema.domain.items.base import Value
from ema.domain.localtime import from_now_on
from ema.domain.protocol import Protocol
from ema.domain.schedules.base import Preferences
from ema.domain.screen import Action, Screen
from ema.domain.studyfile import load_study
from ema.texts import render

PROTOCOL = load_study(questionnaires.ROOT / "studies" / "twice_daily.yaml")
NOON = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)


@dataclass
class Talk:
    """One participant. `press` presses a button that is on the screen; `tap` sends any action, also an old one."""

    situation: Situation
    state: State
    done: list[fx.Effect] = field(default_factory=list)
    prompts: dict[int, PromptFacts] = field(default_factory=dict)
    ids: count[int] = field(default_factory=lambda: count(1))
    left: str | None = None
    pins: dict[str, str] = field(default_factory=dict)
    """Her PIN, and the one that she has tapped once."""
    known: dict[str, Value] = field(default_factory=dict)
    """What she gave before, by full name, and what holds around the prompt."""

    @property
    def protocol(self) -> Protocol:
        return self.situation.protocol

    @classmethod
    def joining(cls) -> Talk:
        hours = PROTOCOL.preferences(PROTOCOL.hours.default, PROTOCOL.timezone)
        situation = Situation(NOON, PROTOCOL, "joining", "en", hours, PROTOCOL.hours.default)
        return cls(situation, conversation.begin(situation))

    @classmethod
    def active(cls, protocol: Protocol = PROTOCOL) -> Talk:
        talk = cls.joining()
        talk.situation = replace(
            talk.situation, standing="active", protocol=protocol, first_date=talk.situation.now.date()
        )
        talk.state = State()
        return talk

    def branch(self) -> Talk:
        """The same dialogue once more, which may go another way from here."""
        ids = count(max(self.prompts, default=0) + 1)
        return replace(self, done=[], prompts=dict(self.prompts), ids=ids, pins=dict(self.pins), known=dict(self.known))

    @property
    def screen(self) -> Screen:
        return conversation.view(self.state, self.situation)

    @property
    def text(self) -> str:
        return render(self.screen, "en").text

    @property
    def buttons(self) -> dict[str, Action]:
        return {label: action for row in render(self.screen, "en").rows for label, action in row}

    def press(self, label: str) -> list[fx.Effect]:
        return self.tap(self.buttons[label])

    def tap(self, action: Action | None) -> list[fx.Effect]:
        return self.happen(Tap(action, 1, "tap"))

    def command(self, name: str) -> list[fx.Effect]:
        return self.happen(Command(name, "", 2))

    def send(self, kind: str, reference: str, **about: int) -> list[fx.Effect]:
        return self.happen(Posted(kind, reference, 2, **about))  # type: ignore[arg-type]

    def type(self, text: str) -> list[fx.Effect]:
        return self.happen(Typed(text, 2))

    def note(self, schedule: str = "checkin", **changes: object) -> PromptFacts:
        """A prompt was sent."""
        prompt = PromptFacts(
            next(self.ids), "scheduled", schedule, "open", self.protocol.schedule(schedule).questionnaires,
            self.situation.now + timedelta(hours=4),
        )  # fmt: skip
        self._keep(replace(prompt, **changes))  # type: ignore[arg-type]
        return self.prompts[prompt.id]

    def wait(self, **span: float) -> None:
        self.situation = replace(self.situation, now=self.situation.now + timedelta(**span))

    def happen(self, event: Event) -> list[fx.Effect]:
        about = event.action.prompt if isinstance(event, Tap) and event.action else None
        if isinstance(event, Typed | Posted) and self.state.run:
            about = self.state.run.prompt
        self.situation = replace(self.situation, prompt=self.prompts.get(about) if about else None)
        self.state, effects = conversation.advance(self.state, event, self.situation)
        self.done = list(effects)
        for effect in effects:
            self._apply(effect)
        return self.done

    def _begin(self, prompt: PromptFacts) -> None:
        before = self.done
        forms = [self.protocol.questionnaires[name] for name in prompt.questionnaires]
        known = {name: value for name, value in self.known.items() if name in needed(Course(forms))}
        self._keep(replace(prompt, state="open"))
        self.happen(Begun(prompt, order(forms, Seed("seed", str(prompt.id), 0)), known))
        self.done = [*before, *self.done]

    def _keep(self, prompt: PromptFacts) -> None:
        self.prompts[prompt.id] = prompt
        waiting = tuple(p for p in reversed(self.prompts.values()) if p.state in {"planned", "open"})
        self.situation = replace(self.situation, waiting=waiting)

    def _pin(self, effect: fx.Pin) -> None:
        right = True
        match effect.what:
            case "draft":
                self.pins["draft"] = effect.digits
            case "try":
                right = self.pins["pin"] == effect.digits
            case "confirm":
                right = self.pins["draft"] == effect.digits
                self.pins |= {"pin": effect.digits} if right else {}
            case "drop":
                del self.pins["pin"]
        about = self.situation.prompt
        self.state, effects = conversation.advance(self.state, PinRead(effect.what, right), self.situation)
        assert self.situation.prompt == about
        self.done += effects
        for each in effects:
            self._apply(each)

    def _apply(self, effect: fx.Effect) -> None:
        match effect:
            case fx.Join() | fx.Return():
                self.situation = replace(self.situation, standing="active")
            case fx.Leave(how="stop"):
                self.situation = replace(self.situation, standing="stopped")
            case fx.Leave(how=how):
                self.left = how
            case fx.Pause(until=until):
                self.situation = replace(self.situation, paused_until=until)
            case fx.Choose(language=str() as language):
                self.situation = replace(self.situation, language=language)
            case fx.Choose(hours=Preferences() as hours, preset=preset):
                if self.situation.standing != "joining":
                    hours = from_now_on(self.situation.preferences, hours, self.situation.now)
                self.situation = replace(self.situation, preset=preset, preferences=hours)
            case fx.Choose(discretion=Discretion() as hers):
                self.situation = replace(self.situation, discretion=hers)
            case fx.Choose(reminders=bool() as on):
                self.situation = replace(self.situation, reminders=on)
            case fx.Create(kind=kind):
                forms = self.protocol.practice if kind == "practice" else self.protocol.unscheduled
                expires = self.situation.now + timedelta(hours=4)
                prompt = PromptFacts(next(self.ids), kind, kind, "open", forms, expires)
                self._keep(prompt)
                self.happen(Created(prompt))
            case fx.Begin(prompt=prompt_id):
                self._begin(self.prompts[prompt_id])
            case fx.Finish(prompt=prompt_id):
                self._keep(replace(self.prompts[prompt_id], state="completed"))
            case fx.Pin():
                self._pin(effect)
            case fx.MakeCode():
                self.state = self.state.go("pin", "code.made").saying({"code": "BCDF-GHJK-MNPQ-RSTV"})
            case fx.Decline(prompt=prompt_id):
                self._keep(replace(self.prompts[prompt_id], state="declined"))
            case _:
                pass

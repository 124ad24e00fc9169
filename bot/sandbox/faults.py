"""Trouble on demand: refusals, time-outs, cut connections, an outage and rate limits, for tests.

Telegram's trouble comes before a request was carried out or, worse, after: then the message is
there and the bot does not know. `when="after"` is that case.
"""

import threading
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from bot.sandbox.errors import ApiError, ConnectionCut, NoAnswer, too_many_requests
from bot.sandbox.state import monotonic

Kind = Literal["error", "reset", "timeout", "delay"]
OUTAGE_DESCRIPTIONS = {
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
LIMITED = frozenset({"sendMessage", "sendPhoto", "sendDocument"})


@dataclass(slots=True)
class Fault:
    """What happens to the next `times` calls (None: until cleared) of `method` (None: every method).

    The method `file` is a file's download.
    `error` answers `code` with `description` and `parameters`; `reset` cuts the connection;
    `timeout` answers nothing for `seconds`; `delay` answers properly after `seconds`.
    `chat_id` narrows it to one chat, `bot_id` to one bot.
    """

    method: str | None = None
    kind: Kind = "error"
    times: int | None = 1
    when: Literal["before", "after"] = "before"
    chat_id: int | None = None
    bot_id: int | None = None
    code: int = 500
    description: str = ""
    retry_after: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    seconds: float = 5.0

    def __post_init__(self) -> None:
        if self.kind not in {"error", "reset", "timeout", "delay"} or self.when not in {"before", "after"}:
            raise ValueError(f"no such fault: {self.kind} {self.when}")

    def matches(self, bot_id: int, method: str, chat_id: Any) -> bool:
        return self.bot_id in (None, bot_id) and self.method in (None, method) and self.chat_id in (None, chat_id)

    def strike(self) -> None:
        """Raise what the client is to experience."""
        if self.kind == "reset":
            raise ConnectionCut
        if self.kind == "timeout":
            raise NoAnswer(self.seconds)
        if self.retry_after is not None:
            raise too_many_requests(self.retry_after)
        description = self.description or OUTAGE_DESCRIPTIONS.get(self.code, "Bad Request")
        raise ApiError(self.code, description, **self.parameters)


class Bucket:
    """A token bucket: `rate` per second, as many at once as fit in a second, at least one."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.size = max(rate, 1.0)
        self.level = self.size
        self.at = monotonic()

    def wait(self) -> float:
        """0 when one may go now, else the seconds until the next may."""
        now = monotonic()
        self.level = min(self.size, self.level + (now - self.at) * self.rate)
        self.at = now
        if self.level >= 1.0:
            self.level -= 1.0
            return 0.0
        return (1.0 - self.level) / self.rate


class Faults:
    """The faults in force. Thread-safe; the first that matches a call is used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._per_bot: float | None = None
        self._per_chat: float | None = None
        self._buckets: dict[tuple[int, int | None], Bucket] = {}

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def outage(self, *, on: bool, kind: Kind = "error", code: int = 502, seconds: float = 5.0) -> None:
        """Every call of every bot fails until it is switched off again."""
        if on:
            self.add(Fault(kind=kind, code=code, times=None, seconds=seconds))
        else:
            self.clear()

    def limit(self, *, per_bot: float | None = None, per_chat: float | None = None) -> None:
        """Messages per second that are accepted; more get 429 with `retry_after`. None: no limit."""
        with self._lock:
            self._per_bot, self._per_chat = per_bot, per_chat
            self._buckets.clear()

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, bot_id: int, method: str, chat_id: Any) -> Fault | None:
        if not self._faults:
            return None
        with self._lock:
            fault = next((fault for fault in self._faults if fault.matches(bot_id, method, chat_id)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault

    def check_rate(self, bot_id: int, method: str, chat_id: Any) -> None:
        """Refuse with 429 what comes faster than the limits allow."""
        if method not in LIMITED or (self._per_bot is None and self._per_chat is None):
            return
        with self._lock:
            for rate, key in ((self._per_chat, (bot_id, chat_id)), (self._per_bot, (bot_id, None))):
                if rate is None:
                    continue
                bucket = self._buckets.get(key) or self._buckets.setdefault(key, Bucket(rate))
                if wait := bucket.wait():
                    raise too_many_requests(max(1, round(wait + 0.499)))

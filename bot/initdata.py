"""Who opened the Mini App: the launch data that Telegram signed for it, checked. Nothing of them is ever logged."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from ema.domain.errors import EmaError

OLDEST = timedelta(hours=1)
"""How long one launch is good for."""
AHEAD = timedelta(minutes=1)
"""How far Telegram's clock may be ahead of ours."""
MOST_CHARACTERS = 4096


class NotFromTelegram(EmaError):
    """Launch data that Telegram did not sign for this bot, or that are too old. Says no more than that."""

    status = 401


def opened_at(init_data: str, tokens: Mapping[int, str], now: datetime) -> tuple[int, str]:
    """The bot of `tokens` in which it was opened, which is the one whose token signed it, and her address.

    Raises NotFromTelegram.
    """
    for bot_id, token in tokens.items():
        try:
            return bot_id, opened_by(init_data, token, now)
        except NotFromTelegram:
            continue
    raise NotFromTelegram(NotFromTelegram.__doc__)


def opened_by(init_data: str, token: str, now: datetime) -> str:
    """The address of whoever opened it: a person's id is that of her private chat. `now` is the machine's time.

    Raises NotFromTelegram.
    """
    given = _fields(init_data)
    signature = given.pop("hash", "")
    if not hmac.compare_digest(signature.encode(), _signed(given, token).encode()):
        raise NotFromTelegram(NotFromTelegram.__doc__)
    if not now - OLDEST <= _moment(given.get("auth_date", "")) <= now + AHEAD:
        raise NotFromTelegram(NotFromTelegram.__doc__)
    return _person(given.get("user", ""))


def _fields(init_data: str) -> dict[str, str]:
    """The fields; of a name that comes twice nobody could say which one was signed."""
    try:
        pairs = parse_qsl(init_data[: MOST_CHARACTERS + 1], keep_blank_values=True, strict_parsing=True)
    except ValueError:
        pairs = []
    fields = dict(pairs)
    if len(init_data) > MOST_CHARACTERS or len(fields) != len(pairs):
        raise NotFromTelegram(NotFromTelegram.__doc__)
    return fields


def _signed(fields: dict[str, str], token: str) -> str:
    """core.telegram.org/bots/webapps, “Validating data received via the Mini App”."""
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    secret = hmac.digest(b"WebAppData", token.encode(), "sha256")
    return hmac.digest(secret, lines.encode(), "sha256").hex()


def _moment(seconds: str) -> datetime:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) < 12):
        raise NotFromTelegram(NotFromTelegram.__doc__)
    return datetime.fromtimestamp(int(seconds), UTC)


def _person(user: str) -> str:
    try:
        person = json.loads(user)["id"]
    except (ValueError, TypeError, KeyError):
        person = None
    if not isinstance(person, int) or isinstance(person, bool):
        raise NotFromTelegram(NotFromTelegram.__doc__)
    return str(person)

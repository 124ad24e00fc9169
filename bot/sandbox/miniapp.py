"""Mini Apps: what a tap on a `web_app` button opens, with launch data signed as Telegram signs them.

The phone in the browser shows it in a frame, and speaks with it in Telegram's own events
(core.telegram.org/api/web-events).
"""

import hmac
import json
import secrets
from urllib.parse import quote, urlencode

from bot.sandbox.errors import PhoneError
from bot.sandbox.model import BotAccount, Json, Person
from bot.sandbox.phone import Phone
from ema.clock import SystemClock

SCRIPT = "/static/telegram-web-app.js"
"""Under `/sandbox`: what stands in for Telegram's script where there is no internet."""
VERSION = "8.0"
LIGHT = {
    "bg_color": "#ffffff",
    "secondary_bg_color": "#f4f4f5",
    "text_color": "#000000",
    "hint_color": "#707579",
    "link_color": "#3390ec",
    "button_color": "#3390ec",
    "button_text_color": "#ffffff",
}
DARK = {
    "bg_color": "#212121",
    "secondary_bg_color": "#0f0f0f",
    "text_color": "#ffffff",
    "hint_color": "#aaaaaa",
    "link_color": "#8774e1",
    "button_color": "#8774e1",
    "button_text_color": "#ffffff",
}


def launch(phone: Phone, message_id: int, label_or_url: str, *, dark: bool = False) -> str:
    """Tap a `web_app` button of a message: the address that the phone opens. Raises PhoneError."""
    message = phone.message(message_id)
    buttons = [button for row in message.buttons for button in row if button.web_app] if message else []
    url = next((button.url for button in buttons if label_or_url in {button.label, button.url}), None)
    if url is None:
        raise PhoneError(f"message {message_id} has no button that opens {label_or_url!r}")
    about = {
        "tgWebAppData": init_data(phone.chat.bot.account, phone.chat.person),
        "tgWebAppVersion": VERSION,
        "tgWebAppPlatform": "web",
        "tgWebAppThemeParams": _text(theme(dark=dark)),
    }
    return f"{url}#{urlencode(about, quote_via=quote)}"


def theme(*, dark: bool) -> Json:
    """The colours that Telegram hands over, as its web client has them at first."""
    return dict(DARK if dark else LIGHT)


def init_data(account: BotAccount, person: Person) -> str:
    """Launch data for this person, signed with the bot's token. Dated by the machine's clock, whatever chats show."""
    fields = {
        "query_id": f"AAE{secrets.token_urlsafe(15)}",
        "user": _text({key: value for key, value in person.user().items() if key != "is_bot"}),
        "auth_date": str(int(SystemClock().now().timestamp())),
    }
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    secret = hmac.digest(b"WebAppData", account.token.encode(), "sha256")
    fields["hash"] = hmac.digest(secret, lines.encode(), "sha256").hex()
    return urlencode(fields, quote_via=quote)


def _text(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

"""A local Bot API server with a phone in the browser: Telegram's stand-in for the demo and all tests.

It knows nothing of the product: bots talk to it over HTTP as to Telegram, people use its phones.
Stricter than Telegram where Telegram is lenient: unknown parameters are refused, not ignored.
"""

from bot.sandbox.api import Call
from bot.sandbox.errors import PhoneError
from bot.sandbox.faults import Fault
from bot.sandbox.model import BotAccount, Toast
from bot.sandbox.phone import Button, Phone, ScreenMessage
from bot.sandbox.sandbox import Sandbox, TimeControls, create_sandbox
from bot.sandbox.serving import serve_in_thread

__all__ = [
    "BotAccount",
    "Button",
    "Call",
    "Fault",
    "Phone",
    "PhoneError",
    "Sandbox",
    "ScreenMessage",
    "TimeControls",
    "Toast",
    "create_sandbox",
    "serve_in_thread",
]

"""Telegram as a channel: nine calls, and what every way in which Telegram can refuse them means."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from httpx import AsyncBaseTransport, TransportError
from telegram import Bot, BotCommand, BotCommandScopeChat, InputFile, MenuButtonCommands
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.request import BaseRequest, HTTPXRequest

from bot.http import LOST, NOT_SENT, AiohttpRequest
from bot.render import keyboard
from ema.channels import Fetched, File, Refused, Result, RetryLater, Sent
from ema.domain.errors import EmaError
from ema.domain.screen import Shown

POOL = 128
"""Connections at a time: more than the sender has messages on their way, so that none waits for another."""
READ_SECONDS = 20
"""So long an answer may take; that to `getUpdates` as much longer as it is asked to wait."""

GONE = ("message to edit not found", "message to delete not found", "message can't be edited", "message_id_invalid")
UNFETCHABLE = ("invalid file_id", "wrong file_id", "file is too big")
"""Forgotten, or above the 20 MB that Telegram gives to a bot."""

BLOCKED = ("chat not found", "user is deactivated", "bot was blocked", "can't initiate conversation", "peer_id_invalid")
LIMITED = ("message can't be deleted",)

MAGIC = ((b"OggS", "audio/ogg"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


class TokenRefused(EmaError):
    """Telegram does not know this token."""

    status = 503


class Unreachable(EmaError):
    """Telegram, or what stands in for it, does not answer."""

    status = 503


class TelegramChannel:
    """One bot. Addresses are chat ids as text."""

    name = "telegram"

    def __init__(
        self, token: str, api_url: str, *, app_url: str | None = None, transport: AsyncBaseTransport | None = None
    ) -> None:
        """`app_url` is where the Mini App is; without it there are no buttons to it. `transport` stands in for the
        network where the local Bot API server is in this process.
        """
        self._app_url = app_url
        root = api_url.rstrip("/")

        def client(connections: int, read_timeout: float) -> BaseRequest:
            if transport is None:
                return AiohttpRequest(connections, read_timeout)
            return HTTPXRequest(connections, read_timeout=read_timeout, httpx_kwargs={"transport": transport})

        self.bot = Bot(
            token,
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=client(POOL, READ_SECONDS),
            get_updates_request=client(1, READ_SECONDS),
        )

    @property
    def bot_id(self) -> int:
        """Telegram's number of this bot, as its token begins with it."""
        return int(self.bot.token.partition(":")[0])

    async def open(self) -> None:
        """Check the token with Telegram. Raises TokenRefused or Unreachable."""
        try:
            await self.bot.initialize()
        except InvalidToken:
            await self.bot.shutdown()
            raise TokenRefused(
                f"Telegram refuses the token of bot {self.bot_id} in EMA_TELEGRAM_TOKEN: copy it from @BotFather again."
            ) from None
        except NetworkError as error:
            await self.bot.shutdown()
            why = type(error.__cause__ or error).__name__
            raise Unreachable(f"Telegram can't be reached ({why}). Is EMA_TELEGRAM_API_URL right?") from None

    async def answers(self) -> bool:
        async def call() -> Result:
            await self.bot.get_me()
            return Sent(None)

        return isinstance(await _tried(call), Sent)

    async def send(self, address: str, shown: Shown, *, silent: bool) -> Result:
        async def call() -> Result:
            message = await self.bot.send_message(
                int(address),
                shown.text,
                reply_markup=keyboard(shown, self._app_url),
                disable_notification=silent,
                protect_content=True,
            )
            return Sent(message.message_id)

        return await _tried(call, creates=True)

    async def edit(self, address: str, message_id: int, shown: Shown) -> Result:
        async def call() -> Result:
            await self.bot.edit_message_text(
                shown.text, chat_id=int(address), message_id=message_id, reply_markup=keyboard(shown, self._app_url)
            )
            return Sent(message_id)

        return await _tried(call, same=Sent(message_id))

    async def send_file(self, address: str, file: File, caption: str, *, silent: bool) -> Result:
        """What is protected can't be saved: so only a picture is."""
        body = InputFile(file.body, filename=file.name, attach=False)

        async def call() -> Result:
            chat, words = int(address), caption or None
            if file.is_picture:
                message = await self.bot.send_photo(
                    chat, body, caption=words, has_spoiler=True, disable_notification=silent, protect_content=True
                )
            else:
                message = await self.bot.send_document(
                    chat, body, caption=words, disable_content_type_detection=True, disable_notification=silent
                )
            return Sent(message.message_id)

        return await _tried(call, creates=True)

    async def caption(self, address: str, message_id: int, text: str) -> Result:
        async def call() -> Result:
            await self.bot.edit_message_caption(int(address), message_id, caption=text)
            return Sent(message_id)

        return await _tried(call, same=Sent(message_id))

    async def unbutton(self, address: str, message_id: int) -> Result:
        async def call() -> Result:
            await self.bot.edit_message_reply_markup(chat_id=int(address), message_id=message_id, reply_markup=None)
            return Sent(message_id)

        return await _tried(call, same=Sent(message_id))

    async def delete(self, address: str, message_ids: Sequence[int]) -> Result:
        async def call() -> Result:
            if len(message_ids) == 1:
                await self.bot.delete_message(int(address), message_ids[0])
            else:
                await self.bot.delete_messages(int(address), list(message_ids))
            return Sent(None)

        return await _tried(call)

    async def menu(self, address: str, entries: Sequence[tuple[str, str]]) -> Result:
        """With no language of its own: so it goes before whatever the app's language would show."""

        async def call() -> Result:
            chat = BotCommandScopeChat(int(address))
            await self.bot.set_my_commands([BotCommand(*entry) for entry in entries], scope=chat)
            return Sent(None)

        return await _tried(call)

    async def acknowledge(self, tap_id: str, text: str | None) -> Result:
        async def call() -> Result:
            await self.bot.answer_callback_query(tap_id, text=text)
            return Sent(None)

        return await _tried(call, chat=False)

    async def fetch(self, reference: str) -> Result:
        async def call() -> Result:
            file = await self.bot.get_file(reference)
            if file.file_path is None:
                return RetryLater("no path")
            try:
                body = bytes(await file.download_as_bytearray())
            except InvalidToken:  # the token was good a moment ago: it is the path that is not there
                return Refused("not found", "gone")
            return Fetched(body, mime_of(body))

        return await _tried(call, chat=False)

    async def set_menu(self, menus: dict[str | None, list[tuple[str, str]]]) -> None:
        """The command menu, by language code, and the button beside the text box that opens it; None is for everybody
        else.
        """
        for language, menu in menus.items():
            await self.bot.set_my_commands([BotCommand(*entry) for entry in menu], language_code=language)
        await self.bot.set_chat_menu_button(menu_button=MenuButtonCommands())


def mime_of(body: bytes) -> str:
    """What a file is by its first bytes; what its sender calls it is not asked."""
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "image/webp"
    return next((mime for magic, mime in MAGIC if body.startswith(magic)), "application/octet-stream")


async def _tried(
    call: Callable[[], Awaitable[Result]], *, creates: bool = False, same: Sent | None = None, chat: bool = True
) -> Result:
    """Run the call; say what its failure means.

    `creates`: without an answer there may be a message all the same. `chat`: it is a call to one chat, and a limit may
    be that chat's.
    """
    try:
        return await call()
    except RetryAfter as error:
        after = error.retry_after
        seconds = after if isinstance(after, timedelta) else timedelta(seconds=after)
        return RetryLater("limit", "limit", seconds, whole_bot=not chat)
    except Forbidden as error:
        return Refused(str(error), "blocked")
    except InvalidToken as error:
        return Refused(str(error), "token")
    except ChatMigrated:  # only groups do, and the bot takes none; its own words would tell the new address
        return Refused("the chat has moved to another address", "broken")
    except BadRequest as error:  # a NetworkError too, and never to be tried again
        return _bad_request(error, same)
    except NetworkError as error:
        return _unanswered(error, creates=creates)
    except TelegramError as error:
        return RetryLater(str(error))


def _unanswered(error: NetworkError, *, creates: bool) -> RetryLater:
    """A time-out, a broken connection, or an answer that is no answer (5xx)."""
    cause = error.__cause__
    why = "time-out" if isinstance(error, TimedOut) else type(cause or error).__name__
    if isinstance(cause, NOT_SENT) or not creates:
        return RetryLater(why)
    return RetryLater(why, "lost" if isinstance(cause, (*LOST, TransportError)) else "network", ambiguous=True)


def _bad_request(error: BadRequest, same: Sent | None) -> Result:
    text = str(error).lower()
    if same is not None and "message is not modified" in text:
        return same
    if any(words in text for words in GONE + UNFETCHABLE):
        return Refused(str(error), "gone")
    if any(words in text for words in BLOCKED):
        return Refused(str(error), "blocked")
    if any(words in text for words in LIMITED):
        return Refused(str(error), "limit")
    return Refused(str(error), "broken")

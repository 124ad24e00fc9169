"""The server's own SQLite file: everything that a restart must not lose."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from bot.sandbox.model import Bot, Chat, File, Message, Person, Update, Webhook

SCHEMA = """
CREATE TABLE IF NOT EXISTS bot (id INTEGER PRIMARY KEY, next_message_id INTEGER NOT NULL,
    next_update_id INTEGER NOT NULL, allowed_updates TEXT NOT NULL, webhook TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS setting (bot_id INTEGER, key TEXT, value TEXT NOT NULL, PRIMARY KEY (bot_id, key));
CREATE TABLE IF NOT EXISTS person (id INTEGER PRIMARY KEY, name TEXT NOT NULL, language_code TEXT NOT NULL,
    timezone TEXT NOT NULL, deactivated INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS chat (bot_id INTEGER, person_id INTEGER, started INTEGER NOT NULL,
    blocked INTEGER NOT NULL, read_up_to INTEGER NOT NULL, PRIMARY KEY (bot_id, person_id));
CREATE TABLE IF NOT EXISTS message (bot_id INTEGER, message_id INTEGER, chat_id INTEGER NOT NULL,
    from_bot INTEGER NOT NULL, silent INTEGER NOT NULL, edited INTEGER NOT NULL, api TEXT NOT NULL,
    PRIMARY KEY (bot_id, message_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bot_update (bot_id INTEGER, update_id INTEGER, at INTEGER NOT NULL,
    kind TEXT NOT NULL, payload TEXT NOT NULL, PRIMARY KEY (bot_id, update_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS file (file_id TEXT PRIMARY KEY, file_unique_id TEXT NOT NULL,
    path TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, mime_type TEXT NOT NULL, size INTEGER NOT NULL, width INTEGER NOT NULL,
    height INTEGER NOT NULL, content BLOB NOT NULL);
"""

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


class Store:
    """One connection, used under the state's lock. A write opens a transaction, `commit` ends it.

    `synchronous=NORMAL`: a killed process loses nothing, a power cut may lose the last moments.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path or ":memory:", check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA secure_delete=ON")  # what she deleted is not left in the file
        self._db.executescript(SCHEMA)

    def commit(self) -> None:
        if self._db.in_transaction:
            self._db.commit()

    def rollback(self) -> None:
        self._db.rollback()

    def close(self) -> None:
        self._db.close()

    # --- writing

    def save_bot(self, bot: Bot) -> None:
        hook = bot.webhook
        webhook = _encode([hook.url, hook.secret_token, hook.max_connections, hook.ip_address]) if hook else ""
        self._db.execute(
            "INSERT OR REPLACE INTO bot VALUES (?, ?, ?, ?, ?)",
            (bot.id, bot.next_message_id, bot.next_update_id, _encode(bot.allowed_updates), webhook),
        )

    def save_counters(self, bot: Bot) -> None:
        self._db.execute(
            "UPDATE bot SET next_message_id = ?, next_update_id = ? WHERE id = ?",
            (bot.next_message_id, bot.next_update_id, bot.id),
        )

    def save_setting(self, bot: Bot, key: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO setting VALUES (?, ?, ?)", (bot.id, key, _encode(value)))

    def drop_setting(self, bot: Bot, key: str) -> None:
        self._db.execute("DELETE FROM setting WHERE bot_id = ? AND key = ?", (bot.id, key))

    def save_person(self, person: Person) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO person VALUES (?, ?, ?, ?, ?)",
            (person.id, person.name, person.language_code, person.timezone, person.deactivated),
        )

    def save_chat(self, chat: Chat) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO chat VALUES (?, ?, ?, ?, ?)",
            (chat.bot.id, chat.person.id, chat.started, chat.blocked, chat.read_up_to),
        )

    def save_message(self, chat: Chat, message: Message) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO message VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                chat.bot.id,
                message.message_id,
                chat.person.id,
                message.from_bot,
                message.silent,
                message.edited,
                _encode(message.api),
            ),
        )

    def drop_message(self, chat: Chat, message_id: int) -> None:
        self._db.execute("DELETE FROM message WHERE bot_id = ? AND message_id = ?", (chat.bot.id, message_id))

    def add_update(self, bot: Bot, update: Update) -> None:
        self._db.execute(
            "INSERT INTO bot_update VALUES (?, ?, ?, ?, ?)",
            (bot.id, update.update_id, update.at, update.kind, _encode(update.payload)),
        )

    def drop_updates(self, bot: Bot, before: int) -> None:
        self._db.execute("DELETE FROM bot_update WHERE bot_id = ? AND update_id < ?", (bot.id, before))

    def add_file(self, file: File, content: bytes) -> None:
        self._db.execute(
            "INSERT INTO file VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                file.file_id,
                file.file_unique_id,
                file.path,
                file.name,
                file.mime_type,
                file.size,
                file.width,
                file.height,
                content,
            ),
        )

    def drop_file(self, file_id: str) -> None:
        """Drop a file that no message shows any more."""
        self._db.execute(
            "DELETE FROM file WHERE file_id = ? AND NOT EXISTS (SELECT 1 FROM message WHERE instr(api, ?))",
            (file_id, file_id),
        )

    # --- reading

    def file(self, file_id: str) -> File | None:
        row = self._db.execute(
            "SELECT file_id, file_unique_id, path, name, mime_type, size, width, height FROM file WHERE file_id = ?",
            (file_id,),
        ).fetchone()
        return File(*row) if row else None

    def content(self, path: str) -> tuple[str, bytes] | None:
        """Media type and bytes of the file at `path`."""
        row = self._db.execute("SELECT mime_type, content FROM file WHERE path = ?", (path,)).fetchone()
        return (row[0], row[1]) if row else None

    def people(self) -> list[Person]:
        return [
            Person(row[0], row[1], row[2], row[3], bool(row[4]))
            for row in self._db.execute("SELECT * FROM person ORDER BY id")
        ]

    def load_bot(self, bot: Bot, people: dict[int, Person]) -> None:
        """Fill in a registered bot what earlier runs left: counters, settings, updates, chats."""
        row = self._db.execute("SELECT * FROM bot WHERE id = ?", (bot.id,)).fetchone()
        if row is None:
            return
        bot.next_message_id, bot.next_update_id, bot.allowed_updates = row[1], row[2], json.loads(row[3])
        if row[4]:
            bot.webhook = Webhook(*json.loads(row[4]))
        for key, value in self._db.execute("SELECT key, value FROM setting WHERE bot_id = ?", (bot.id,)):
            bot.settings[key] = json.loads(value)
        for row in self._db.execute(
            "SELECT update_id, at, kind, payload FROM bot_update WHERE bot_id = ? ORDER BY update_id",
            (bot.id,),
        ):
            bot.updates.append(Update(row[0], row[1], row[2], json.loads(row[3])))
        for row in self._db.execute(
            "SELECT person_id, started, blocked, read_up_to FROM chat WHERE bot_id = ?", (bot.id,)
        ):
            bot.chats[row[0]] = Chat(bot, people[row[0]], bool(row[1]), bool(row[2]), row[3])
        for row in self._db.execute(
            "SELECT chat_id, message_id, from_bot, silent, api, edited FROM message WHERE bot_id = ?"
            " ORDER BY message_id",
            (bot.id,),
        ):
            message = Message(row[1], bool(row[2]), bool(row[3]), json.loads(row[4]), bool(row[5]))
            bot.chats[row[0]].messages[row[1]] = message

"""Photos, documents and voice messages: stored once, sent again and fetched by their file_id.

A file lives as long as a message shows it. That is this server's own rule: Telegram may keep one for longer, and
promises nothing.
"""

import hashlib
import re
import struct
from typing import Any

from bot.sandbox.errors import bad_request
from bot.sandbox.model import Bot, File, Json
from bot.sandbox.params import Upload
from bot.sandbox.state import State

PHOTO_SIDES_LIMIT = 10_000
PHOTO_BYTES_LIMIT = 10 * 1024 * 1024
FETCHED_BYTES_LIMIT = 20 * 1024 * 1024
PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_FILE_ID = re.compile(r"(PHO|DOC|VOI)[0-9a-f]{40}")


def photo(state: State, source: Upload | str) -> list[Json]:
    """`photo` of a message. Telegram makes several sizes; here there is the one that was sent."""
    if isinstance(source, str):
        file = state.file(source)
        if not file.width:
            raise bad_request("can't use file of type Document as Photo")
    else:
        width, height = image_size(source.content)
        if width + height > PHOTO_SIDES_LIMIT or max(width, height) > 20 * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        if len(source.content) > PHOTO_BYTES_LIMIT:
            raise bad_request("file is too big")
        file = _keep(state, source, "photos", width, height)
    return [
        {
            "file_id": file.file_id,
            "file_unique_id": file.file_unique_id,
            "width": file.width,
            "height": file.height,
            "file_size": file.size,
        }
    ]


def document(state: State, source: Upload | str) -> Json:
    """`document` of a message."""
    file = state.file(source) if isinstance(source, str) else _keep(state, source, "documents", 0, 0)
    return {
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_name": file.name,
        "mime_type": file.mime_type,
        "file_size": file.size,
    }


def voice(state: State, content: bytes, seconds: int) -> Json:
    """`voice` of a message. Nobody looks into the recording: apps send Ogg with Opus, and call it so."""
    file = _keep(state, Upload("voice.oga", "audio/ogg", content), "voice", 0, 0)
    return {
        "duration": seconds,
        "mime_type": file.mime_type,
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_size": file.size,
    }


def get_file(state: State, bot: Bot, *, file_id: str) -> dict[str, Any]:  # noqa: ARG001 - a method like the others
    if not file_id:
        raise bad_request("file_id not specified")
    file = state.store.file(file_id)
    if file is None:
        known_form = _FILE_ID.fullmatch(file_id)
        raise bad_request("wrong file_id or the file is temporarily unavailable" if known_form else "invalid file_id")
    if file.size > FETCHED_BYTES_LIMIT:
        raise bad_request("file is too big")
    return {
        "file_id": file.file_id,
        "file_unique_id": file.file_unique_id,
        "file_size": file.size,
        "file_path": file.path,
    }


def _keep(state: State, upload: Upload, folder: str, width: int, height: int) -> File:
    if not upload.content:
        raise bad_request("file must be non-empty")
    digest = hashlib.sha256(f"{folder}/{upload.name}/{upload.mime_type}/".encode() + upload.content).hexdigest()
    file_id = f"{folder[:3].upper()}{digest[:40]}"
    ending = upload.name.rpartition(".")[2].lower() if "." in upload.name else "bin"
    path = f"{folder}/file_{digest[:12]}.{ending if ending.isalnum() else 'bin'}"
    file = File(file_id, digest[:16], path, upload.name, upload.mime_type, len(upload.content), width, height)
    if state.store.file(file_id) is None:
        state.store.add_file(file, upload.content)
    return file


def image_size(content: bytes) -> tuple[int, int]:
    """Width and height of a PNG or JPEG file."""
    if content.startswith(PNG) and len(content) >= 24:
        width, height = struct.unpack(">II", content[16:24])
        return width, height
    if content.startswith(JPEG):
        position = 2
        while position + 9 <= len(content) and content[position] == 0xFF:
            marker = content[position + 1]
            if marker in JPEG_FRAMES:
                height, width = struct.unpack(">HH", content[position + 5 : position + 9])
                return width, height
            position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
    raise bad_request("IMAGE_PROCESS_FAILED")

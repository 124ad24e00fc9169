"""Recordings and pictures: what their files are called, and the folder that they lie in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ema.exports.base import DataSet
from ema.exports.instruments import Instruments
from ema.exports.records import MediaRecord

FOLDER: Final = "media"
ENDINGS: Final = {
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
}


def file_name(participant: str, media: MediaRecord, instruments: Instruments) -> str | None:
    """`<participant>_<prompt>_<number of the item>.ogg`; a later revision has its own number behind. None if not kept.

    The item's id may name the topic, so its number in the codebook stands for it.
    """
    if media.state != "kept":
        return None
    number = next((one.column.number for one in instruments.items if one.item.id == media.item), 0)
    revision = media.id.rpartition("-")[2]
    again = "" if revision == "1" else f"_{revision}"
    return f"{participant}_{media.prompt}_{number}{again}.{ENDINGS.get(media.mime or '', 'bin')}"


def write_media(data: DataSet, folder: Path) -> list[Path]:
    """One after another; no folder where there is nothing to put into it."""
    files = []
    for one in data.media():
        path = folder / FOLDER / one.name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(one.body)
        files.append(path)
    return files

"""Photos and documents: up, on the screen, again by file_id, and down."""

import struct
import zlib

import pytest
from telegram.error import BadRequest

pytestmark = pytest.mark.anyio


def png(width=3, height=2):
    """A small white picture."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + b"\xff" * width for _ in range(height))
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


JPEG_START = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x14\x00\x1e" + b"\0" * 12


@pytest.mark.parametrize(("content", "size"), [(png(), (3, 2)), (JPEG_START, (30, 20))])
async def test_a_photo_and_back(bot, phone, content, size):
    sent = await bot.send_photo(phone.id, content, caption="<b>Yours</b>", parse_mode="HTML", has_spoiler=True)
    photo = sent.photo[-1]
    assert ((photo.width, photo.height), photo.file_size) == (size, len(content))
    assert (phone.last().text, phone.last().photo) == ("Yours", photo.file_id)
    file = await bot.get_file(photo.file_id)
    assert await file.download_as_bytearray() == content
    again = await bot.send_photo(phone.id, photo.file_id)
    assert again.photo == sent.photo
    edited = await bot.edit_message_caption(phone.id, sent.message_id, caption="Mine")
    assert edited.caption == "Mine"
    with pytest.raises(BadRequest, match=r"(?i)no text in the message"):
        await bot.edit_message_text("x", phone.id, sent.message_id)


async def test_a_document_and_back(bot, phone):
    sent = await bot.send_document(phone.id, b"a,b\n1,2\n", filename="data.csv", caption="All of it")
    assert (sent.document.file_name, sent.document.mime_type, sent.document.file_size) == ("data.csv", "text/csv", 8)
    assert phone.last().document == "data.csv"
    file = await bot.get_file(sent.document.file_id)
    assert await file.download_as_bytearray() == b"a,b\n1,2\n"


async def test_what_is_no_photo(bot, phone):
    for content, complaint in (
        (b"no picture", "Image_process_failed"),
        (png(50, 1), "Photo_invalid_dimensions"),
    ):
        with pytest.raises(BadRequest, match=f"(?i){complaint}"):
            await bot.send_photo(phone.id, content)
    document = (await bot.send_document(phone.id, b"x", filename="a.txt")).document
    with pytest.raises(BadRequest, match=r"(?i)can't use file of type Document as Photo"):
        await bot.send_photo(phone.id, document.file_id)
    with pytest.raises(BadRequest, match=r"(?i)[Ww]rong file identifier"):
        await bot.send_document(phone.id, "unknown-id")
    with pytest.raises(BadRequest, match=r"(?i)caption is too long"):
        await bot.send_photo(phone.id, png(), caption="x" * 1025)

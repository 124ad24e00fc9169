"""Photos, documents and recordings: up, on the screen, again by file_id, and down."""

import struct
import zlib

import pytest
from telegram.error import BadRequest, InvalidToken

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


async def test_a_recording_of_hers_reaches_the_bot(bot, phone):
    message_id = phone.send_voice(b"OggS-recording", 3)
    (update,) = await bot.get_updates()
    voice = update.message.voice
    assert (update.message.message_id, update.message.text) == (message_id, None)
    assert (voice.duration.total_seconds(), voice.mime_type, voice.file_size) == (3, "audio/ogg", 14)
    assert phone.messages()[-1].voice == voice.file_id
    file = await bot.get_file(voice.file_id)
    assert (file.file_size, file.file_unique_id) == (14, voice.file_unique_id)
    assert file.file_path.startswith(f"{bot.base_file_url}/voice/file_")
    assert file.file_path.endswith(".oga")
    assert await file.download_as_bytearray() == b"OggS-recording"


@pytest.mark.parametrize(("content", "size"), [(png(), (3, 2)), (JPEG_START, (30, 20))])
async def test_a_photo_of_hers_reaches_the_bot(bot, phone, content, size):
    phone.send_photo(content)
    (update,) = await bot.get_updates()
    (photo,) = update.message.photo
    assert ((photo.width, photo.height), photo.file_size) == (size, len(content))
    assert update.message.caption is None
    assert phone.messages()[-1].photo == photo.file_id
    assert await (await bot.get_file(photo.file_id)).download_as_bytearray() == content


async def test_a_place_of_hers_reaches_the_bot_as_it_is(bot, phone):
    phone.send_location(51.507351, -0.127758)
    (update,) = await bot.get_updates()
    place = update.message.location
    assert (place.latitude, place.longitude, place.live_period) == (51.507351, -0.127758, None)
    assert phone.messages()[-1].location == (51.507351, -0.127758)


async def test_what_can_not_be_fetched(bot, phone):
    phone.send_voice(b"OggS", 1)
    voice = (await bot.get_updates())[-1].message.voice.file_id
    for file_id, complaint in (
        ("no-id", "Invalid file_id"),
        (voice[:-1] + ("0" if voice[-1] != "0" else "1"), "Wrong file_id or the file is temporarily unavailable"),
        ("", "file_id not specified"),
    ):
        with pytest.raises(BadRequest, match=f"(?i)^{complaint}$"):
            await bot.get_file(file_id)


async def test_a_bot_may_fetch_twenty_megabytes(bot, phone):
    most = 20 * 1024 * 1024
    phone.send_voice(bytes(most), 600)
    phone.send_voice(bytes(most + 1), 600)
    small, big = [update.message.voice for update in await bot.get_updates()]
    assert big.file_size == most + 1
    assert (await bot.get_file(small.file_id)).file_size == most
    with pytest.raises(BadRequest, match=r"(?i)^file is too big$"):
        await bot.get_file(big.file_id)


@pytest.mark.parametrize("by", ["her", "the bot", "her with the whole chat"])
async def test_a_file_is_gone_with_its_message(bot, phone, by):
    message_id = phone.send_voice(b"OggS", 1)
    (update,) = await bot.get_updates()
    file = await bot.get_file(update.message.voice.file_id)
    if by == "her":
        phone.delete_message(message_id)
    elif by == "the bot":
        await bot.delete_message(phone.id, message_id)
    else:
        phone.delete_chat()
    with pytest.raises(BadRequest, match=r"(?i)^wrong file_id or the file is temporarily unavailable$"):
        await bot.get_file(update.message.voice.file_id)
    with pytest.raises(InvalidToken):  # python-telegram-bot's name for every 404
        await file.download_as_bytearray()


async def test_a_file_stays_as_long_as_any_message_shows_it(bot, sandbox, phone):
    other = sandbox.new_phone("Bea")
    other.start()
    hers, same = phone.send_photo(png()), other.send_photo(png())
    photo = phone.messages()[-1].photo
    await bot.send_photo(phone.id, photo)
    phone.delete_message(hers)
    other.delete_message(same)
    assert await (await bot.get_file(photo)).download_as_bytearray() == png()
    phone.delete_chat()
    with pytest.raises(BadRequest, match=r"(?i)^wrong file_id"):
        await bot.get_file(photo)

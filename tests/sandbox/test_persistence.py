"""A restart loses nothing: counters, chats, updates, settings, files, the webhook."""

import pytest
from telegram.error import BadRequest

from tests.sandbox.conftest import client
from tests.sandbox.test_files import png
from tests.sandbox.test_polling import keyboard

pytestmark = pytest.mark.anyio


async def test_everything_is_there_after_a_restart(tmp_path, make_sandbox, serve):
    path = tmp_path / "sandbox" / "telegram.db"
    before = make_sandbox(path)
    ada = before.new_phone("Ada", "pl", "Europe/Warsaw")
    bea = before.new_phone("Bea")
    ada.start("CODE")
    bea.start()
    async with client(serve(before.app)) as bot:
        await bot.set_my_commands([("help", "Get help")])
        first = await bot.send_message(ada.id, "one", reply_markup=keyboard())
        await bot.edit_message_text("two", ada.id, first.message_id, reply_markup=keyboard())
        gone = await bot.send_message(ada.id, "gone")
        await bot.delete_message(ada.id, gone.message_id)
        photo = (await bot.send_photo(ada.id, png())).photo[-1]
        confirmed = await bot.get_updates()
        await bot.get_updates(offset=confirmed[-1].update_id + 1)
        ada.tap(first.message_id, "Yes")
        bea.block()
    screen = ada.messages()
    before.close()

    after = make_sandbox(path)
    ada = after.phone(ada.id)
    assert (ada.name, ada.language_code, ada.timezone) == ("Ada", "pl", "Europe/Warsaw")
    assert ada.messages() == screen
    assert (ada.started, after.phone(bea.id).blocked) == (True, True)
    assert after.new_phone().id == bea.id + 1
    async with client(serve(after.app)) as bot:
        updates = await bot.get_updates()
        assert [update.update_id for update in updates] == [confirmed[-1].update_id + 1, confirmed[-1].update_id + 2]
        assert updates[0].callback_query.data == "y"
        assert (await bot.send_message(ada.id, "next")).message_id == screen[-1].id + 1
        assert [command.command for command in await bot.get_my_commands()] == ["help"]
        file = await bot.get_file(photo.file_id)
        assert await file.download_as_bytearray() == png()


async def test_what_she_sent_can_be_fetched_after_a_restart_and_what_she_deleted_can_not(tmp_path, make_sandbox, serve):
    before = make_sandbox(tmp_path / "t.db")
    ada = before.new_phone("Ada")
    ada.send_voice(b"OggS-kept", 2)
    gone = ada.send_voice(b"OggS-gone", 2)
    ada.send_photo(png())
    ada.send_location(51.5, -0.1)
    ada.delete_message(gone)
    screen = ada.messages()
    before.close()

    after = make_sandbox(tmp_path / "t.db")
    assert after.phone(ada.id).messages() == screen
    assert [message.location for message in screen] == [None, None, (51.5, -0.1)]
    async with client(serve(after.app)) as bot:
        sent = [update.message for update in await bot.get_updates()]
        kept, photo = await bot.get_file(sent[0].voice.file_id), await bot.get_file(sent[2].photo[-1].file_id)
        assert await kept.download_as_bytearray() == b"OggS-kept"
        assert await photo.download_as_bytearray() == png()
        with pytest.raises(BadRequest, match=r"(?i)^wrong file_id"):
            await bot.get_file(sent[1].voice.file_id)
        assert sent[3].location.latitude == 51.5
    after.phone(ada.id).delete_chat()
    after.close()
    content = (tmp_path / "t.db").read_bytes()
    assert b"OggS-gone" not in content
    assert b"OggS-kept" not in content


async def test_a_webhook_survives_and_delivers(tmp_path, make_sandbox, serve):
    from tests.sandbox.test_webhook import Receiver

    receiver = Receiver()
    hook = serve(receiver.app) + "/hook"
    before = make_sandbox(tmp_path / "t.db")
    phone = before.new_phone()
    async with client(serve(before.app)) as bot:
        await bot.set_webhook(hook, secret_token="abc")
    before.close()
    after = make_sandbox(tmp_path / "t.db")
    after.phone(phone.id).start()
    receiver.wait_for(1)
    assert receiver.secrets == ["abc"]

"""Sending, editing, deleting, and what Telegram refuses."""

import pytest
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, MessageEntity
from telegram.error import BadRequest, Forbidden

pytestmark = pytest.mark.anyio


def keyboard(*labels):
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data=label.lower()) for label in labels]])


async def test_a_message_with_buttons_reaches_the_screen(bot, phone, clock):
    sent = await bot.send_message(
        phone.id, "How <b>are</b> you?", parse_mode="HTML", reply_markup=keyboard("Good", "Bad")
    )
    shown = phone.last()
    assert (shown.id, shown.text, shown.labels) == (sent.message_id, "How are you?", ["Good", "Bad"])
    assert sent.date == clock() == shown.at
    assert sent.parse_entities() == {MessageEntity(MessageEntity.BOLD, 4, 3): "are"}
    assert sent.reply_markup == keyboard("Good", "Bad")


async def test_silent_and_protected(bot, phone):
    sent = await bot.send_message(phone.id, "x", disable_notification=True, protect_content=True)
    assert sent.has_protected_content
    assert phone.last().silent
    assert phone.last().protected


async def test_message_ids_count_up_per_bot_over_all_chats(bot, sandbox, phone):
    other = sandbox.new_phone("Bea")
    other.start()
    ids = [(await bot.send_message(each.id, "x")).message_id for each in (phone, other, phone)]
    assert ids == list(range(ids[0], ids[0] + 3))


@pytest.mark.parametrize("text", ["", "   ", "\n", "<b></b>"])
async def test_empty_text(bot, phone, text):
    with pytest.raises(BadRequest, match=r"(?i)text is empty"):
        await bot.send_message(phone.id, text, parse_mode="HTML")


async def test_text_may_have_4096_characters_after_parsing(bot, phone):
    await bot.send_message(phone.id, f"<b>{'a' * 4096}</b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match=r"(?i)message is too long"):
        await bot.send_message(phone.id, "a" * 4097)


async def test_callback_data_may_have_64_bytes(bot, phone):
    def with_data(data):
        return {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}

    await bot.send_message(phone.id, "x", reply_markup=with_data("é" * 32))
    for data in ("é" * 33, ""):
        with pytest.raises(BadRequest, match=r"(?i)Button_data_invalid"):
            await bot.send_message(phone.id, "x", reply_markup=with_data(data))


async def test_edit_in_place(bot, phone, clock):
    sent = await bot.send_message(phone.id, "one", reply_markup=keyboard("A"))
    clock.forward(minutes=1)
    edited = await bot.edit_message_text("two", phone.id, sent.message_id, reply_markup=keyboard("B"))
    assert edited.edit_date == clock()
    assert (phone.last().text, phone.last().labels, phone.last().edited) == ("two", ["B"], True)
    again = await bot.edit_message_text("three", phone.id, sent.message_id)
    assert again.reply_markup is None
    assert phone.last().labels == []


async def test_changing_only_the_keyboard_is_not_shown_as_edited(bot, phone):
    sent = await bot.send_message(phone.id, "one", reply_markup=keyboard("A"))
    await bot.edit_message_reply_markup(phone.id, sent.message_id, reply_markup=None)
    assert (phone.last().labels, phone.last().edited) == ([], False)


async def test_editing_without_a_change_is_refused(bot, phone):
    sent = await bot.send_message(phone.id, "<i>one</i>", parse_mode="HTML", reply_markup=keyboard("A"))
    with pytest.raises(BadRequest, match=r"(?i)Message is not modified"):
        await bot.edit_message_text(
            "<i>one</i>", phone.id, sent.message_id, parse_mode="HTML", reply_markup=keyboard("A")
        )
    with pytest.raises(BadRequest, match=r"(?i)Message is not modified"):
        await bot.edit_message_reply_markup(phone.id, sent.message_id, reply_markup=keyboard("A"))
    await bot.edit_message_text("one", phone.id, sent.message_id, reply_markup=keyboard("A"))


async def test_what_cannot_be_edited(bot, phone):
    hers = phone.send("mine")
    with pytest.raises(BadRequest, match=r"(?i)message can't be edited"):
        await bot.edit_message_text("x", phone.id, hers)
    with pytest.raises(BadRequest, match=r"(?i)Message to edit not found"):
        await bot.edit_message_text("x", phone.id, 999)
    sent = await bot.send_message(phone.id, "text")
    with pytest.raises(BadRequest, match=r"(?i)no caption in the message"):
        await bot.edit_message_caption(phone.id, sent.message_id, caption="x")


async def test_delete_for_both(bot, phone):
    sent = await bot.send_message(phone.id, "x")
    hers = phone.send("y")
    assert await bot.delete_message(phone.id, sent.message_id)
    assert await bot.delete_message(phone.id, hers)
    assert [message.text for message in phone.messages()] == ["/start"]
    with pytest.raises(BadRequest, match=r"(?i)Message to delete not found"):
        await bot.delete_message(phone.id, sent.message_id)


async def test_delete_only_within_48_hours(bot, phone, clock):
    sent = await bot.send_message(phone.id, "x")
    clock.forward(hours=47, minutes=59)
    late = await bot.send_message(phone.id, "y")
    clock.forward(minutes=1)
    with pytest.raises(BadRequest, match=r"(?i)message can't be deleted for everyone"):
        await bot.delete_message(phone.id, sent.message_id)
    with pytest.raises(BadRequest, match=r"(?i)message can't be deleted for everyone"):
        await bot.delete_messages(phone.id, [sent.message_id, late.message_id])
    assert await bot.delete_messages(phone.id, [late.message_id, 998, 999])
    assert phone.message(late.message_id) is None
    await bot.edit_message_text("·", phone.id, sent.message_id)  # blanking has no limit
    assert phone.last().text == "·"


async def test_a_tap_and_its_answer(bot, phone):
    sent = await bot.send_message(phone.id, "?", reply_markup=keyboard("Yes"))
    phone.tap(sent.message_id, "Yes")
    (update,) = await bot.get_updates()
    query = update.callback_query
    assert (query.data, query.message.message_id, query.from_user.id) == ("yes", sent.message_id, phone.id)
    assert await query.answer("Saved", show_alert=True)
    assert [(toast.text, toast.alert) for toast in phone.toasts()] == [("Saved", True)]
    with pytest.raises(BadRequest, match=r"(?i)Query is too old"):
        await query.answer()
    with pytest.raises(BadRequest, match=r"(?i)Query is too old"):
        await bot.answer_callback_query("12345")


async def test_who_can_be_written_to(bot, sandbox, phone):
    with pytest.raises(BadRequest, match=r"(?i)Chat not found"):
        await bot.send_message(1, "x")
    stranger = sandbox.new_phone()
    with pytest.raises(Forbidden, match=r"(?i)bot can't initiate conversation with a user"):
        await bot.send_message(stranger.id, "x")
    phone.deactivate()
    with pytest.raises(Forbidden, match=r"(?i)user is deactivated"):
        await bot.send_message(phone.id, "x")


async def test_blocked_and_unblocked(bot, phone):
    sent = await bot.send_message(phone.id, "x")
    phone.block()
    for attempt in (
        bot.send_message(phone.id, "y"),
        bot.edit_message_text("y", phone.id, sent.message_id),
        bot.send_chat_action(phone.id, "typing"),
    ):
        with pytest.raises(Forbidden, match=r"(?i)bot was blocked by the user"):
            await attempt
    phone.start()
    statuses = [
        (u.my_chat_member.old_chat_member.status, u.my_chat_member.new_chat_member.status)
        for u in await bot.get_updates()
        if u.my_chat_member
    ]
    assert statuses == [("member", "kicked"), ("kicked", "member")]
    assert await bot.send_message(phone.id, "y")


async def test_chat_information_and_typing(bot, phone):
    chat = await bot.get_chat(phone.id)
    assert (chat.id, chat.type, chat.first_name) == (phone.id, "private", "Ada")
    assert await bot.send_chat_action(phone.id, "typing")
    with pytest.raises(BadRequest, match=r"(?i)wrong parameter action"):
        await bot.send_chat_action(phone.id, "dancing")

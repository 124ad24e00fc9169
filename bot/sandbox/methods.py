"""The Bot API methods that this server has, by their names in lower case, as any case will do."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox import files, messages, profile, updates
from bot.sandbox.params import Signature


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    carry_out: Callable[..., Any]
    signature: Signature


def _method(name: str, function: Callable[..., Any]) -> Method:
    return Method(name, function, Signature(function))


METHODS = {
    method.name.lower(): method
    for method in (
        _method("getMe", profile.get_me),
        _method("getChat", profile.get_chat),
        _method("getFile", files.get_file),
        _method("getUpdates", updates.get_updates),
        _method("setWebhook", updates.set_webhook),
        _method("deleteWebhook", updates.delete_webhook),
        _method("getWebhookInfo", updates.get_webhook_info),
        _method("sendMessage", messages.send_message),
        _method("sendPhoto", messages.send_photo),
        _method("sendDocument", messages.send_document),
        _method("editMessageText", messages.edit_message_text),
        _method("editMessageCaption", messages.edit_message_caption),
        _method("editMessageReplyMarkup", messages.edit_message_reply_markup),
        _method("deleteMessage", messages.delete_message),
        _method("deleteMessages", messages.delete_messages),
        _method("answerCallbackQuery", messages.answer_callback_query),
        _method("sendChatAction", messages.send_chat_action),
        _method("setMyCommands", profile.set_my_commands),
        _method("getMyCommands", profile.get_my_commands),
        _method("deleteMyCommands", profile.delete_my_commands),
        _method("setMyName", profile.set_my_name),
        _method("getMyName", profile.get_my_name),
        _method("setMyDescription", profile.set_my_description),
        _method("getMyDescription", profile.get_my_description),
        _method("setMyShortDescription", profile.set_my_short_description),
        _method("getMyShortDescription", profile.get_my_short_description),
        _method("setChatMenuButton", profile.set_chat_menu_button),
        _method("getChatMenuButton", profile.get_chat_menu_button),
    )
}

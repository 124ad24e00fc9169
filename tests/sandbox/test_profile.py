"""Commands, texts and the menu button of a bot."""

import pytest
from telegram import (
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    MenuButtonCommands,
    MenuButtonWebApp,
    WebAppInfo,
)
from telegram.error import BadRequest

pytestmark = pytest.mark.anyio


async def test_commands_by_scope_and_language(bot, phone):
    await bot.set_my_commands([("help", "Get help")])
    await bot.set_my_commands([("help", "Pomoc")], language_code="pl", scope=BotCommandScopeAllPrivateChats())
    await bot.set_my_commands([BotCommand("stop", "Stop")], scope=BotCommandScopeChat(phone.id))
    assert await bot.get_my_commands() == (BotCommand("help", "Get help"),)
    assert await bot.get_my_commands(language_code="pl", scope=BotCommandScopeAllPrivateChats()) == (
        BotCommand("help", "Pomoc"),
    )
    await bot.delete_my_commands(scope=BotCommandScopeChat(phone.id))
    assert await bot.get_my_commands(scope=BotCommandScopeChat(phone.id)) == ()


@pytest.mark.parametrize(
    ("command", "complaint"),
    [(("Help me", "x"), "Bot_command_invalid"), (("help", ""), "Bot_command_description_invalid")],
)
async def test_broken_commands(bot, command, complaint):
    with pytest.raises(BadRequest, match=f"(?i){complaint}"):
        await bot.set_my_commands([command])


async def test_name_and_descriptions_by_language(bot):
    await bot.set_my_name("Leise", language_code="de")
    await bot.set_my_short_description("Short")
    assert (await bot.get_my_name(language_code="de")).name == "Leise"
    assert (await bot.get_my_name()).name == "Quiet"
    assert (await bot.get_my_description()).description == "What this bot can do."
    await bot.set_my_description("Other")
    assert (await bot.get_my_description(language_code="de")).description == "Other"
    assert (await bot.get_my_short_description()).short_description == "Short"
    with pytest.raises(BadRequest, match=r"(?i)too long"):
        await bot.set_my_name("x" * 65)


async def test_menu_button(bot, phone):
    app = MenuButtonWebApp("Open", WebAppInfo("https://example.org/app"))
    assert await bot.get_chat_menu_button(phone.id) == MenuButtonCommands()
    await bot.set_chat_menu_button(menu_button=app)
    await bot.set_chat_menu_button(phone.id, MenuButtonCommands())
    assert await bot.get_chat_menu_button() == app
    assert await bot.get_chat_menu_button(phone.id) == MenuButtonCommands()

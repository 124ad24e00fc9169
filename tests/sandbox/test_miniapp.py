"""Buttons that open a Mini App, as strict as Telegram's, and what the phone makes of them."""

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from aiogram.utils.web_app import safe_parse_webapp_init_data
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, WebAppInfo
from telegram.error import BadRequest

from bot.sandbox.errors import PhoneError
from bot.sandbox.miniapp import DARK, LIGHT, launch
from tests.sandbox.conftest import TOKEN

pytestmark = pytest.mark.anyio

APP = "https://example.org/app"


def opens(url):
    return InlineKeyboardMarkup([[InlineKeyboardButton("Use a slider", web_app=WebAppInfo(url))]])


@pytest.mark.parametrize(
    "address",
    [APP, "HTTPS://example.org/app?a=b", "http://127.0.0.1:8000/app", "http://localhost/app", "http://[::1]/app"],
)
async def test_https_will_do_and_http_on_this_machine(bot, phone, address):
    await bot.send_message(phone.id, "How?", reply_markup=opens(address))
    ((button,),) = phone.last().buttons
    assert (button.label, button.url, button.web_app, button.data) == ("Use a slider", address, True, None)


@pytest.mark.parametrize(
    "address",
    ["http://example.org/app", "http://127.0.0.1.example.org/app", "tg://resolve", "example.org", "", "https://"],
)
async def test_everything_else_is_refused(bot, phone, address):
    with pytest.raises(BadRequest):
        await bot.send_message(phone.id, "How?", reply_markup=opens(address))


async def test_a_tap_opens_it_with_launch_data_that_the_bot_can_check(bot, phone):
    sent = await bot.send_message(phone.id, "How?", reply_markup=opens(APP))
    address, _, fragment = launch(phone, sent.message_id, "Use a slider", dark=True).partition("#")
    assert address == APP
    given = {name: value for name, (value,) in parse_qs(fragment).items()}
    assert (given["tgWebAppVersion"], given["tgWebAppPlatform"]) == ("8.0", "web")
    assert json.loads(given["tgWebAppThemeParams"]) == DARK
    user = safe_parse_webapp_init_data(TOKEN, given["tgWebAppData"]).user
    assert (user.id, user.first_name, user.language_code) == (phone.id, "Ada", "en")


async def test_only_a_button_that_is_there_opens_something(bot, phone):
    sent = await bot.send_message(phone.id, "How?", reply_markup=opens(APP))
    for message, label in ((sent.message_id, "Another"), (sent.message_id + 1, "Use a slider")):
        with pytest.raises(PhoneError):
            launch(phone, message, label)


async def test_the_page_asks_for_the_address(bot, phone, url):
    sent = await bot.send_message(phone.id, "How?", reply_markup=opens(APP))
    async with httpx.AsyncClient(base_url=f"{url}/sandbox/phone/{phone.id}") as http:
        answer = await http.post("/app", json={"message": sent.message_id, "url": APP, "scheme": "light"})
        assert json.loads(parse_qs(urlsplit(answer.json()["url"]).fragment)["tgWebAppThemeParams"][0]) == LIGHT
        refused = await http.post("/app", json={"message": sent.message_id, "url": "https://example.org/other"})
        assert refused.status_code == 409
        assert (await http.post("/app", data={"message": "1"})).status_code == 415

"""Who opened the Mini App: only what Telegram signed, for this bot, a short while ago. aiogram is the second opinion."""

import hmac
import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

import pytest
from aiogram.utils.web_app import check_webapp_signature, safe_parse_webapp_init_data
from hypothesis import given
from hypothesis import strategies as st

from bot.initdata import MOST_CHARACTERS, NotFromTelegram, opened_at, opened_by
from bot.sandbox import BotAccount
from bot.sandbox.miniapp import init_data
from bot.sandbox.model import Person
from ema.clock import SystemClock

TOKEN = "42:a-token"
NOW = datetime(2026, 5, 12, 12, tzinfo=UTC)
USER = {"id": 7_000_000_001, "first_name": "Ána & Co=", "last_name": "", "language_code": "es"}


def signed(token=TOKEN, at=NOW, user=USER, **more):
    """Launch data as core.telegram.org/bots/webapps says that they are signed, written apart from the product."""
    fields = {"auth_date": str(int(at.timestamp())), "query_id": "AAE", "user": json.dumps(user), **more}
    lines = "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    secret = hmac.new(b"WebAppData", token.encode(), "sha256").digest()
    return urlencode(fields | {"hash": hmac.new(secret, lines.encode(), "sha256").hexdigest()})


def test_her_id_is_the_address_of_her_chat():
    assert opened_by(signed(), TOKEN, NOW) == "7000000001"


def test_aiogram_agrees_with_what_was_signed_here():
    blob = signed(signature="an-Ed25519-signature-for-others", chat_type="private")
    assert safe_parse_webapp_init_data(TOKEN, blob).user.id == int(opened_by(blob, TOKEN, NOW))


def test_aiogram_agrees_with_what_the_local_server_signs():
    now = SystemClock().now()
    blob = init_data(BotAccount(TOKEN, "note_bot", "Notes"), Person(7, "Ána & Co=", "es", "Europe/London"))
    assert safe_parse_webapp_init_data(TOKEN, blob).user.id == 7
    assert opened_by(blob, TOKEN, now) == "7"


@given(st.text(), st.text())
def test_a_token_signs_for_its_own_bot_only(first, second):
    blob = signed(token=first)
    assert check_webapp_signature(first, blob)
    opened_by(blob, first, NOW)
    if first != second:
        with pytest.raises(NotFromTelegram):
            opened_by(blob, second, NOW)


def test_of_several_bots_it_is_the_one_whose_token_signed_it():
    tokens = {42: TOKEN, 43: "43:another"}
    assert opened_at(signed(), tokens, NOW) == (42, "7000000001")
    assert opened_at(signed(token="43:another"), tokens, NOW) == (43, "7000000001")
    for blob in (signed(token="44:a-third"), signed(at=NOW - timedelta(hours=2)), ""):
        with pytest.raises(NotFromTelegram):
            opened_at(blob, tokens, NOW)


@given(st.data())
def test_nothing_in_it_can_be_changed(data):
    fields = dict(parse_qsl(signed(), keep_blank_values=True))
    name = data.draw(st.sampled_from([*fields, "another"]))
    value = data.draw(st.text(st.characters(codec="ascii"), min_size=1))  # aiogram drops what is empty
    changed = urlencode(fields | {name: value})
    if fields.get(name) != value:
        assert not check_webapp_signature(TOKEN, changed)
        with pytest.raises(NotFromTelegram):
            opened_by(changed, TOKEN, NOW)


@given(st.text())
def test_anything_can_come_and_nothing_breaks(blob):
    with pytest.raises(NotFromTelegram):
        opened_by(blob, TOKEN, NOW)


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=1), -timedelta(minutes=1)])
def test_it_is_good_for_an_hour_and_clocks_may_differ_by_a_minute(age):
    assert opened_by(signed(at=NOW - age), TOKEN, NOW)


@pytest.mark.parametrize("age", [timedelta(hours=1, seconds=1), -timedelta(minutes=1, seconds=1), timedelta(days=400)])
def test_what_is_old_or_from_the_future_is_refused(age):
    with pytest.raises(NotFromTelegram):
        opened_by(signed(at=NOW - age), TOKEN, NOW)


@pytest.mark.parametrize(
    "more",
    [
        {"auth_date": "-1"},
        {"auth_date": "soon"},
        {"auth_date": "٣" * 9},
        {"auth_date": "9" * 400},
        {"user": "null"},
        {"user": "[1]"},
        {"user": '{"id": "7"}'},
        {"user": '{"id": true}'},
        {"user": "{"},
        {"start_param": "x" * MOST_CHARACTERS},
    ],
    ids=lambda more: str(more)[:30],
)
def test_signed_nonsense_is_refused_all_the_same(more):
    with pytest.raises(NotFromTelegram):
        opened_by(signed(**more), TOKEN, NOW)


def test_a_name_that_comes_twice_is_refused():
    with pytest.raises(NotFromTelegram):
        opened_by(f"{signed()}&user=%7B%22id%22%3A8%7D", TOKEN, NOW)


def test_a_refusal_tells_nothing_of_what_was_given():
    with pytest.raises(NotFromTelegram) as refused:
        opened_by(signed(token="43:another"), TOKEN, NOW)
    assert "7000000001" not in str(refused.value)
    assert "token" not in str(refused.value)

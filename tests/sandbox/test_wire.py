"""HTTP itself: shapes of answers, content types, strictness, mounting, the in-process transport."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from telegram import Bot
from telegram.error import InvalidToken
from telegram.request import HTTPXRequest

from bot.sandbox import Fault
from tests.sandbox.conftest import TOKEN, client
from tests.sandbox.oracle import Objection, check_request, check_response

pytestmark = pytest.mark.anyio


@pytest.fixture
def http(url):
    with httpx.Client(base_url=f"{url}/bot{TOKEN}") as http:
        yield http


def test_get_json_and_forms_mean_the_same(http, phone):
    params = {"chat_id": phone.id, "text": "hi"}
    answers = [
        http.get("/sendMessage", params=params),
        http.post("/sendMessage", params=params),
        http.post("/SENDMESSAGE", json=params),
        http.post("/sendMessage", data=params),
        http.post("/sendMessage", files={name: (None, str(value)) for name, value in params.items()}),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.json()["result"]["text"] == "hi"


def test_errors_have_telegrams_shape(http, url):
    def error(answer):
        body = answer.json()
        assert body["ok"] is False
        assert body["error_code"] == answer.status_code
        return body["error_code"], body["description"]

    assert error(http.get("/getNothing")) == (404, "Not Found: method not found")
    assert error(http.get("/sendMessage")) == (400, "Bad Request: chat_id is empty")
    assert (
        error(http.get("/sendMessage", params={"chat_id": "@nobody", "text": "x"}))[1] == "Bad Request: chat not found"
    )
    assert "unknown parameter 'colour'" in error(http.get("/getMe", params={"colour": "red"}))[1]
    assert error(http.post("/sendMessage", content=b"{", headers={"content-type": "application/json"}))[0] == 400
    assert error(http.post("/getMe", content=b"x", headers={"content-type": "text/plain"}))[0] == 400
    assert error(httpx.get(f"{url}/bot1:wrong/getMe")) == (401, "Unauthorized")
    assert error(httpx.get(f"{url}/nothing")) == (404, "Not Found")


@pytest.mark.parametrize(
    ("markup", "complaint"),
    [
        ({"inline_keyboard": [[{"text": "x"}]]}, "Text buttons are unallowed"),
        ({"inline_keyboard": [[{"callback_data": "x"}]]}, 'Field "text"'),
        ({"inline_keyboard": [[{"text": "x", "callback_data": "x", "url": "http://a.org"}]]}, "several of"),
        ({"inline_keyboard": [[{"text": "x", "url": "nowhere"}]]}, "BUTTON_URL_INVALID"),
        ({"inline_keyboard": [[{"text": "x", "callback_data": str(i)} for i in range(9)]]}, "9 buttons in a row"),
        ({"keyboard": [[{"text": "x"}]]}, "inline keyboards only"),
        ("not json", "JSON expected"),
    ],
)
def test_broken_keyboards(make_sandbox, serve, markup, complaint):
    sandbox = make_sandbox(on_request=None)
    phone = sandbox.new_phone()
    phone.start()
    address = f"{serve(sandbox.app)}/bot{TOKEN}/sendMessage"
    answer = httpx.post(address, json={"chat_id": phone.id, "text": "x", "reply_markup": markup})
    assert answer.status_code == 400
    assert complaint in answer.json()["description"]
    assert len(phone.messages()) == 1


def test_a_file_is_downloaded_by_its_path_and_the_right_token_only(http, url, phone):
    phone.send_voice(b"OggS", 2)
    (update,) = http.get("/getUpdates").json()["result"]
    assert update["message"]["voice"].keys() == {"file_id", "file_unique_id", "duration", "mime_type", "file_size"}
    file = http.get("/getFile", params={"file_id": update["message"]["voice"]["file_id"]}).json()["result"]
    assert file.keys() == {"file_id", "file_unique_id", "file_size", "file_path"}
    answer = httpx.get(f"{url}/file/bot{TOKEN}/{file['file_path']}")
    assert (answer.status_code, answer.content) == (200, b"OggS")
    for token, path, error in (
        ("4242:wrong", file["file_path"], (401, "Unauthorized")),
        ("wrong", file["file_path"], (404, "Not Found")),
        (TOKEN, "voice/file_0.oga", (404, "Not Found")),
        (TOKEN, "", (404, "Not Found")),
    ):
        answer = httpx.get(f"{url}/file/bot{token}/{path}")
        assert (answer.status_code, answer.json()["description"]) == error
    refused = http.get("/getFile").json()
    assert (refused["error_code"], refused["description"]) == (400, "Bad Request: file_id not specified")


def test_what_is_too_big_to_fetch_can_not_be_downloaded_by_a_guessed_path(http, url, phone, sandbox):
    phone.send_voice(bytes(20 * 1024 * 1024 + 1), 600)
    file = sandbox._state.file(phone.messages()[-1].voice)
    assert httpx.get(f"{url}/file/bot{TOKEN}/{file.path}").status_code == 404


def test_an_outage_is_one_of_downloads_too(http, url, phone, sandbox):
    phone.send_voice(b"OggS", 2)
    path = http.get("/getFile", params={"file_id": phone.messages()[-1].voice}).json()["result"]["file_path"]
    sandbox.faults.outage(on=True)
    assert httpx.get(f"{url}/file/bot{TOKEN}/{path}").status_code == 502
    sandbox.faults.outage(on=False)
    sandbox.faults.add(Fault(method="file", kind="reset"))
    with pytest.raises(httpx.HTTPError):
        httpx.get(f"{url}/file/bot{TOKEN}/{path}")
    assert httpx.get(f"{url}/file/bot{TOKEN}/{path}").content == b"OggS"


async def test_a_wrong_token_is_python_telegram_bots_invalid_token(url):
    with pytest.raises(InvalidToken):
        async with client(url, "4242:wrong"):
            pass


async def test_me(bot):
    assert (bot.bot.id, bot.bot.username, bot.bot.first_name) == (4242, "quiet_bot", "Quiet")


async def test_mounted_under_a_products_prefix(serve, sandbox, phone):
    url = serve(Starlette(routes=[Mount("/sandbox", sandbox.pages)]))
    async with client(f"{url}/sandbox/api") as bot:
        sent = await bot.send_document(phone.id, b"content", filename="a.txt")
        file = await bot.get_file(sent.document.file_id)
        assert await file.download_as_bytearray() == b"content"


async def test_in_process_without_a_socket(sandbox, phone):
    for transport in (sandbox.transport(), httpx.ASGITransport(sandbox.app)):
        request = HTTPXRequest(httpx_kwargs={"transport": transport})
        async with Bot(TOKEN, base_url="http://sandbox/bot", request=request, get_updates_request=request) as bot:
            assert (await bot.send_message(phone.id, "x")).text == "x"
            phone.send("y")
            updates = await bot.get_updates(timeout=1)
            await bot.get_updates(offset=updates[-1].update_id + 1)
            assert updates[-1].message.text == "y"


def test_every_call_is_in_the_journal(http, sandbox, phone, clock):
    sent = http.post("/sendMessage", json={"chat_id": phone.id, "text": "hi"}).json()["result"]
    http.post("/sendMessage", json={"chat_id": phone.id, "text": ""})
    good, bad = sandbox.journal.calls("sendMessage", chat_id=phone.id)
    assert (good.status, good.message_id, good.at) == (200, sent["message_id"], clock())
    assert good.params == {"chat_id": phone.id, "text": "hi"}
    assert (bad.status, bad.description) == (400, "Bad Request: message text is empty")


def test_the_hooks_object_and_are_remembered(make_sandbox, serve):
    def object_to_shouting(method, params):
        if params.get("text", "").isupper():
            raise ValueError("no shouting")

    sandbox = make_sandbox(on_request=object_to_shouting)
    phone = sandbox.new_phone()
    phone.start()
    address = f"{serve(sandbox.app)}/bot{TOKEN}/sendMessage"
    assert httpx.post(address, json={"chat_id": phone.id, "text": "HEY"}).status_code == 400
    assert sandbox.violations == ["sendMessage: no shouting"]
    assert phone.last() is None
    sandbox.violations.clear()


def test_the_oracle_is_strict():
    for params in (
        {"chat_id": 1},
        {"chat_id": 1, "text": "x", "colour": "red"},
        {"chat_id": True, "text": "x"},
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"callback_data": "b"}]]}},
        {"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [[{"text": "b", "callback_data": 5}]]}},
        {"chat_id": 1, "text": "x", "entities": [{"type": "bold", "offset": "0", "length": 2}]},
    ):
        with pytest.raises(Objection):
            check_request("sendMessage", params)
    with pytest.raises(Objection, match="no method"):
        check_request("sendNothing", {})
    with pytest.raises(Objection, match="is_bot: missing"):
        check_response("getMe", {"id": 1, "first_name": "x"})


async def test_faults_over_http(url, sandbox, phone, bot):
    async with httpx.AsyncClient(base_url=f"{url}/sandbox") as http:
        fault = {"method": "sendMessage", "kind": "error", "code": 500, "times": 1}
        assert (await http.post("/faults", json=fault)).status_code == 200
        assert (await http.get("/faults")).json()["faults"][0]["code"] == 500
        assert (await http.post("/faults", json={"kind": "flood"})).status_code == 400
        assert (await http.delete("/faults")).json() == {"faults": []}
    sandbox.faults.add(Fault(method="getMe"))
    sandbox.faults.clear()
    assert await bot.get_me()

"""The phone's pages over HTTP: what a browser is given, without a browser."""

from base64 import b64encode

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.sandbox.conftest import TOKEN
from tests.sandbox.test_files import png
from tests.sandbox.test_polling import keyboard


class Controls:
    """Time controls that note what they were asked."""

    def __init__(self, clock):
        self.clock, self.jumps = clock, []

    def now(self):
        return self.clock()

    async def jump(self, target):
        self.jumps.append(target)
        self.clock.forward(hours=6)
        return "One prompt was sent."


@pytest.fixture
def http(url):
    with httpx.Client(base_url=f"{url}/sandbox") as http:
        yield http


@pytest.fixture
def api(url):
    def call(method, **params):
        answer = httpx.post(f"{url}/bot{TOKEN}/{method}", **params).json()
        assert answer["ok"], answer
        return answer["result"]

    return call


def test_the_list_of_phones(http, sandbox):
    assert "0 phones" in http.get("/").text
    phone = sandbox.new_phone("<Ada>", "pl", "Europe/Warsaw")
    page = http.get("/").text
    assert "&lt;Ada&gt;" in page
    assert "Europe/Warsaw" in page
    assert f"/sandbox/phone/{phone.id}" in page


def test_a_deep_link_opens_a_phone_that_has_pressed_start(http, sandbox):
    answer = http.get("/new", params={"start": "CODE-7", "name": "Bea", "timezone": "Asia/Tokyo", "language": "ro"})
    (phone,) = sandbox.phones()
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sandbox/phone/{phone.id}")
    assert (phone.name, phone.timezone, phone.language_code) == ("Bea", "Asia/Tokyo", "ro")
    assert [message.text for message in phone.messages()] == ["/start CODE-7"]
    http.get("/new")
    assert not sandbox.phones()[0].started


@pytest.mark.parametrize("wrong", [{"start": "a b"}, {"timezone": "Mars/Base"}, {"language": "English"}])
def test_what_a_new_phone_cannot_be(http, wrong):
    assert http.get("/new", params=wrong).status_code == 400


def test_pages_forbid_everything_foreign(http, phone):
    for path in ("/", f"/phone/{phone.id}"):
        page = http.get(path)
        assert page.headers["content-security-policy"].startswith("default-src 'self';")
        assert "style=" not in page.text
        assert "//" not in page.text.replace("http://www.w3.org", "")
    assert http.get("/phone/1").status_code == 404


def test_links_follow_the_place_where_it_is_mounted(serve, sandbox, phone):
    url = serve(Starlette(routes=[Mount("/x/sandbox", sandbox.pages)]))
    page = httpx.get(f"{url}/x/sandbox/phone/{phone.id}").text
    assert 'data-root="/x/sandbox"' in page
    assert httpx.get(f"{url}/x/sandbox/static/phone.js").status_code == 200


def test_the_screen_and_nothing_when_nothing_changed(http, api, phone, clock):
    clock.forward(hours=12)
    sent = api("sendMessage", json={"chat_id": phone.id, "text": "See /help", "reply_markup": keyboard()})
    screen = http.get(f"/phone/{phone.id}/state").json()
    hers, bots = screen["messages"]
    assert (hers["mine"], hers["time"], hers["day"]) == (True, "14:32", "Tuesday 12 May")
    assert (bots["id"], bots["time"], bots["day"]) == (sent["message_id"], "02:32", "Wednesday 13 May")
    assert [run["styles"] for run in bots["runs"]] == [[], ["bot_command"]]
    assert [button["label"] for button in bots["rows"][0]] == ["Yes", "No"]
    assert [notice["text"] for notice in screen["notices"]] == ["See /help"]
    again = http.get(f"/phone/{phone.id}/state", params={"tag": screen["tag"]}).json()
    assert again == {
        "tag": screen["tag"],
        "now": {"time": "02:32", "day": "Wednesday 13 May", "bar": "Wed 13 May, 02:32"},
    }


def test_a_tap_waits_until_it_is_answered(http, api, phone):
    sent = api("sendMessage", json={"chat_id": phone.id, "text": "?", "reply_markup": keyboard()})
    order = {"action": "tap", "message": sent["message_id"], "data": "y"}
    screen = http.post(f"/phone/{phone.id}/do", json=order).json()
    assert [button["waiting"] for button in screen["messages"][-1]["rows"][0]] == [True, False]
    (update,) = api("getUpdates")
    api("answerCallbackQuery", json={"callback_query_id": update["callback_query"]["id"], "text": "Saved"})
    screen = http.get(f"/phone/{phone.id}/state").json()
    assert [button["waiting"] for button in screen["messages"][-1]["rows"][0]] == [False, False]
    assert [(toast["text"], toast["alert"]) for toast in screen["toasts"]] == [("Saved", False)]


def test_everything_she_can_do(http, sandbox):
    phone = sandbox.new_phone()

    def do(action, **more):
        answer = http.post(f"/phone/{phone.id}/do", json={"action": action, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    assert do("start")["started"]
    assert do("send", text="hello")["messages"][-1]["mine"]
    assert len(do("delete_message", message=phone.messages()[0].id)["messages"]) == 1
    assert do("block")["blocked"]
    assert not do("unblock")["blocked"]
    assert do("delete_chat")["messages"] == []
    assert do("read")["notices"] == []
    refused = http.post(f"/phone/{phone.id}/do", json={"action": "tap", "message": 99, "data": "x"})
    assert (refused.status_code, refused.json()) == (409, {"error": "message 99 is not on the screen"})
    assert http.post(f"/phone/{phone.id}/do", json={"action": "dance"}).status_code == 400


def test_what_she_attaches(http, phone):
    def do(action, **more):
        return http.post(f"/phone/{phone.id}/do", json={"action": action, **more})

    def sent(action, **more):
        answer = do(action, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["messages"][-1]

    recording, picture = b64encode(b"OggS").decode(), b64encode(png()).decode()
    voice = sent("send_voice", body=recording, seconds=2)["voice"]
    assert voice == {"file": phone.messages()[-1].voice, "seconds": 2}
    heard = http.get(f"/file/{voice['file']}")
    assert (heard.headers["content-type"], heard.content) == ("audio/ogg", b"OggS")
    photo = sent("send_photo", body=picture)["photo"]
    assert (photo["file"], photo["width"], photo["height"]) == (phone.messages()[-1].photo, 3, 2)
    assert sent("send_location", latitude="51.5", longitude=-0.1)["location"] == {"latitude": 51.5, "longitude": -0.1}
    for action, more in (
        ("send_photo", {"body": recording}),
        ("send_photo", {"body": "no base 64"}),
        ("send_voice", {"body": recording}),
        ("send_location", {"latitude": "north", "longitude": 0}),
        ("send_location", {"latitude": 91, "longitude": 0}),
    ):
        assert do(action, **more).status_code == 409, more
    assert len(phone.messages()) == 4


def test_other_sites_cannot_act(http, phone):
    assert http.post(f"/phone/{phone.id}/do", data={"action": "block"}).status_code == 415
    assert http.post(f"/phone/{phone.id}/do", content=b'{"action": "block"}').status_code == 415
    assert http.get(f"/phone/{phone.id}/do").status_code == 405
    assert not phone.blocked


def test_files_are_shown_or_downloaded(http, api, phone):
    photo = api("sendPhoto", data={"chat_id": phone.id}, files={"photo": ("a.png", png(), "image/png")})
    document = api(
        "sendDocument", data={"chat_id": phone.id}, files={"document": ("ä b.html", b"<script>", "text/html")}
    )
    shown = http.get(f"/file/{photo['photo'][0]['file_id']}")
    assert (shown.headers["content-type"], shown.content) == ("image/png", png())
    loaded = http.get(f"/file/{document['document']['file_id']}")
    assert loaded.headers["content-type"] == "application/octet-stream"
    assert loaded.headers["content-disposition"] == "attachment; filename*=UTF-8''%C3%A4%20b.html"
    assert http.get("/file/nothing").status_code == 404


def test_covered_words_stay_covered_on_the_locked_phone(http, api, phone):
    api("sendMessage", json={"chat_id": phone.id, "text": "a <tg-spoiler>bc</tg-spoiler>", "parse_mode": "HTML"})
    (notice,) = http.get(f"/phone/{phone.id}/state").json()["notices"]
    assert notice["text"] == "a ░░"


def test_typing_is_shown(http, api, phone):
    api("sendChatAction", json={"chat_id": phone.id, "action": "typing"})
    assert http.get(f"/phone/{phone.id}/state").json()["typing"]
    api("sendMessage", json={"chat_id": phone.id, "text": "x"})
    assert not http.get(f"/phone/{phone.id}/state").json()["typing"]


def test_commands_in_her_language(http, api, phone):
    api("setMyCommands", json={"commands": [{"command": "help", "description": "Get help"}]})
    api("setMyCommands", json={"commands": [{"command": "help", "description": "Pomoc"}], "language_code": "pl"})
    assert http.get(f"/phone/{phone.id}/state").json()["commands"] == [{"command": "help", "description": "Get help"}]
    phone.chat.person.language_code = "pl"
    assert http.get(f"/phone/{phone.id}/state").json()["commands"] == [{"command": "help", "description": "Pomoc"}]


def test_the_demo_time_can_be_moved(http, sandbox, clock, phone):
    assert "Demo time" not in http.get("/").text
    assert http.post("/time", json={"target": "next"}).status_code == 400
    sandbox.time_controls = Controls(clock)
    assert 'id="demo-now">Tue 12 May, 14:32</time>' in http.get(f"/phone/{phone.id}").text
    moved = http.post("/time", json={"target": "+6h", "timezone": "Asia/Tokyo"}).json()
    assert moved["said"] == "One prompt was sent."
    assert moved["now"]["bar"] == "Wed 13 May, 04:32"
    assert sandbox.time_controls.jumps == ["+6h"]
    assert http.post("/time", json={"target": "+9y"}).status_code == 400
    assert http.get("/time").json()["now"]["time"] == "20:32"
    assert http.get("/time", params={"timezone": "Mars/Base"}).status_code == 400


def test_two_bots_on_one_page(http, sandbox, phone):
    phone.with_bot("other_bot").start()
    assert "Other" in http.get(f"/phone/{phone.id}", params={"bot": "other_bot"}).text
    assert len(http.get(f"/phone/{phone.id}/state", params={"bot": "other_bot"}).json()["messages"]) == 1
    assert http.get(f"/phone/{phone.id}", params={"bot": "nobody"}).status_code == 404

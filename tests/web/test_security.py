import re
from hashlib import sha256

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from ema.web.app import create_app
from ema.web.pages import HERE
from tests.web.pages import ORIGIN, form_token

PAGES = {
    "researcher": [
        "/studies",
        "/studies/twice_daily",
        "/studies/twice_daily/participants",
        "/studies/twice_daily/participants/P-anise",
        "/studies/twice_daily/compliance",
    ],
    "peer": ["/peers", "/peers?show=check"],
    "lead": ["/calls"],
    "admin": ["/staff", "/health"],
}


def test_every_page_carries_the_headers(crowded, visit):
    for role, paths in PAGES.items():
        client = visit(crowded, role)
        for path in paths:
            headers = client.get(path).headers
            assert headers["content-security-policy"].startswith("default-src 'self';"), path
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"
            assert headers["cache-control"] == "no-store", path


def test_our_files_are_asked_for_again_and_data_are_not_kept(crowded, visit):
    client = visit(crowded, "researcher")
    assert client.get("/static/app.css").headers["cache-control"] == "no-cache"
    assert client.get("/studies/twice_daily/compliance.svg").headers["cache-control"] == "no-store"
    assert client.get("/studies/twice_daily/export.zip").headers["cache-control"] == "no-store"


def test_no_page_has_inline_script_or_style(crowded, visit):
    for role, paths in PAGES.items():
        client = visit(crowded, role)
        for path in paths:
            page = client.get(path).text
            assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
            assert not re.search(r"<style|\sstyle=|\son\w+=", page), path
            assert not re.search(r'(?:src|href)="(?:https?:)?//', page), path


@pytest.mark.parametrize("role", ["researcher", "peer", "lead", "admin"])
def test_pages_belong_to_their_role(crowded, visit, role):
    client = visit(crowded, role)
    for owner, paths in PAGES.items():
        for path in paths:
            assert client.get(path).status_code == (200 if owner == role else 403), path


def test_without_a_sign_in_there_is_only_the_way_in(crowded, visit):
    client = visit(crowded)
    for paths in PAGES.values():
        for path in paths:
            answer = client.get(path)
            assert answer.status_code == 401
            assert "P-anise" not in answer.text
    assert client.get("/api/v1/studies").json()["error"].startswith("Please open your sign-in link.")


def test_a_form_needs_its_token_and_our_origin(crowded, visit):
    client, other = visit(crowded, "peer"), visit(crowded, "peer")
    mine, hers = form_token(client.get("/peers").text), form_token(other.get("/peers").text)
    path, data = "/peers/P-anise/contact", {"outcome": "reached"}
    assert client.post(path, data=data, headers=ORIGIN).status_code == 403
    assert client.post(path, data=data | {"form_token": hers}, headers=ORIGIN).status_code == 403
    assert client.post(path, data=data | {"form_token": mine}).status_code == 403
    assert client.post(path, data=data | {"form_token": mine}, headers={"origin": "null"}).status_code == 403
    assert client.post(path, data=data | {"form_token": mine}, headers=ORIGIN).status_code == 200


def test_a_large_body_is_refused(crowded, visit):
    client = visit(crowded, "peer")
    answer = client.post("/peers/P-anise/contact", content=b"x" * (1024 * 1024 + 1), headers=ORIGIN)
    assert answer.status_code == 413


def test_errors_speak_plainly(crowded, visit, monkeypatch):
    client = visit(crowded, "researcher")
    assert "There is nothing here" in client.get("/nowhere").text
    missing = client.get("/studies/nowhere")
    assert missing.status_code == 404
    assert "nowhere" in missing.text
    assert client.get("/api/v1/studies/nowhere").status_code == 404
    assert client.get("/studies/twice_daily/participants/P-nobody").status_code == 404
    monkeypatch.setattr("ema.services.overview.studies", lambda _here: 1 / 0)
    broken = client.get("/studies")
    assert broken.status_code == 500
    assert "our fault" in broken.text
    assert "ZeroDivisionError" not in broken.text
    assert broken.headers["x-content-type-options"] == "nosniff"


def test_what_a_person_wrote_is_escaped(here, visit):
    client = visit(here, "admin")
    token = form_token(client.get("/staff").text)
    page = client.post(
        "/staff", data={"form_token": token, "name": "<script>x</script>", "role": "peer"}, headers=ORIGIN
    )
    assert "<script>x" not in page.text
    assert "&lt;script&gt;" in page.text


def test_routes_from_outside_are_asked_first(here):
    mounted = Mount("/sandbox", Starlette(routes=[Route("/", lambda _: PlainTextResponse("a phone"))]))
    with TestClient(create_app(here, extra_routes=[mounted])) as client:
        assert client.get("/sandbox/").text == "a phone"
        assert client.get("/healthz").status_code == 200


def test_the_vendored_files_are_those_of_the_table():
    vendor = HERE / "static" / "vendor"
    table = dict(re.findall(r"^\| `([\w.]+)` \|.*`(\w{64})` \|$", (vendor / "VENDOR.md").read_text(), re.MULTILINE))
    assert set(table) == {file.name for file in vendor.iterdir() if file.suffix in {".js", ".css"}}
    for name, digest in table.items():
        assert sha256((vendor / name).read_bytes()).hexdigest() == digest

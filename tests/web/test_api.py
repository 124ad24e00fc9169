import io
import zipfile

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from tests.web import factories

BASE = "/api/v1/studies/twice_daily"


def test_the_api_says_what_the_pages_say(crowded, visit):
    client = visit(crowded, "researcher")
    assert client.get("/api/v1/me").json()["role"] == "researcher"
    assert client.get("/api/v1/studies").json()[0]["id"] == "twice_daily"
    assert client.get(f"{BASE}/enrolment").json()["joined"] == 8
    score = client.get(f"{BASE}/scores/wb_state").json()
    assert {line["participant"] for line in score["persons"] + score["waiting"]} == {
        one["participant"] for one in client.get(f"{BASE}/participants").json()
    }
    assert client.get(f"{BASE}/compliance").json()["rates"][0]["name"] == "answered of planned"
    assert client.get(f"{BASE}/participants/P-anise").json()["slots"] == ["afternoon", "evening"]


def test_data_can_be_downloaded(crowded, visit):
    client = visit(crowded, "researcher")
    for path in (f"{BASE}/export/csv", "/studies/twice_daily/export.zip?format=csv"):
        archive = zipfile.ZipFile(io.BytesIO(client.get(path).content))
        assert "twice_daily/codebook.csv" in archive.namelist()
        assert archive.read("twice_daily/twice_daily_prompts.csv").startswith(b"participant,prompt,")
    refused = client.get(f"{BASE}/export/pdf")
    assert refused.status_code == 422
    assert "is not a format" in refused.json()["error"]


def test_each_role_has_its_own_part(crowded, visit):
    researcher, peer = visit(crowded, "researcher"), visit(crowded, "peer")
    assert researcher.get("/api/v1/engagement").status_code == 403
    assert peer.get("/api/v1/studies").status_code == 403
    assert peer.get(f"{BASE}/scores/wb_state").status_code == 403
    assert peer.get("/api/v1/engagement").json()[0]["why"] == "Asked to be contacted"
    assert visit(crowded, "admin").get(f"{BASE}/participants").status_code == 403


def test_the_docs_name_every_address(crowded, visit):
    client = visit(crowded)
    page = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert path in page
    assert "<script" not in page


def test_no_made_up_request_breaks_the_api(crowded, visit):
    client = visit(crowded, "researcher")
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    cookies = {"ema_session": client.cookies["ema_session"]}

    for operation in (found.ok() for found in schema.get_all_operations()):

        @settings(max_examples=5, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def probe(case):
            case.call_and_validate(cookies=cookies, checks=[not_a_server_error])

        probe()


def test_an_open_study_has_no_p_values_of_persons(here, visit):
    factories.crowd(here, 3)
    score = visit(here, "researcher").get(f"{BASE}/scores/se_state").json()
    assert all("p" not in line for line in score["persons"] + score["waiting"])

"""The report of a stored study: by the button, by the command, and who may see it."""

import html
import re

import pytest
from typer.testing import CliRunner

from ema.__main__ import app
from ema.services import printing
from ema.store import audit
from tests.web import factories

STUDY = "/studies/twice_daily"


def noted(here):
    with here.database.reading() as session:
        return [row.action for row in audit.newest(session)]


def test_of_eight_people_the_edition_to_send_tells_nothing_of_scores(crowded, visit):
    answer = visit(crowded, "researcher").get(f"{STUDY}/report")
    assert answer.status_code == 200
    assert "Fewer than 10 people joined." in answer.text
    assert "No trend of the group can be given: it would stand on fewer than 10 persons." in answer.text
    assert "<figure" not in answer.text
    assert not re.search(r"P-[a-z]+", answer.text)
    assert noted(crowded)[0] == "made the report"


def test_the_internal_edition_shows_all_of_them(crowded, visit):
    answer = visit(crowded, "researcher").get(f"{STUDY}/report?edition=internal")
    assert "INTERNAL EDITION" in answer.text
    assert "PILOTING" in answer.text
    assert "8 people joined." in answer.text
    assert "P-anise" in answer.text
    assert "On average" in answer.text or "No clear average change" in answer.text
    assert noted(crowded)[0] == "made the internal report"
    assert "address of" not in answer.text
    assert not re.search(r"p \(FDR\)", answer.text)


def test_the_page_has_a_policy_of_its_own_and_the_name_of_the_study_only(crowded, visit):
    answer = visit(crowded, "researcher").get(f"{STUDY}/report")
    inside = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', answer.text)[1])
    assert answer.headers["content-security-policy"] == f"{inside}; frame-ancestors 'none'"
    assert answer.headers["content-disposition"] == 'inline; filename="twice_daily_report.html"'
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("role", ["peer", "lead", "admin", None])
def test_nobody_else_gets_it(crowded, visit, role):
    assert visit(crowded, role).get(f"{STUDY}/report").status_code in {401, 403}


def test_a_study_without_people_and_one_that_is_not_there(here, visit):
    factories.study(here)
    client = visit(here, "researcher")
    page = client.get(f"{STUDY}/report?edition=internal")
    assert page.status_code == 200
    assert "Nobody joined." in page.text
    assert "nobody has answered yet" in page.text
    assert client.get("/studies/other/report").status_code == 404
    assert client.get(f"{STUDY}/report?edition=mine").status_code == 422


def test_the_button_offers_pdf_only_where_it_can_be_printed(crowded, visit, monkeypatch):
    monkeypatch.setattr(printing, "chromium", lambda: None)
    client = visit(crowded, "researcher")
    page = client.get(STUDY).text
    assert "Make the report" in page
    assert "There is no Chromium on this machine" in page
    assert '<option value="pdf">' not in page
    refused = client.get(f"{STUDY}/report?file=pdf")
    assert refused.status_code == 503
    assert "no Chromium" in refused.text


@pytest.fixture
def ema(crowded, tmp_path, monkeypatch):
    monkeypatch.setenv("EMA_DATA_DIR", str(tmp_path / "crowd"))
    monkeypatch.delenv("EMA_DATABASE_URL", raising=False)
    return lambda *words: CliRunner().invoke(app, ["report", *words])


def test_the_command_writes_the_page_and_says_where_no_pdf_can_be_made(ema, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "chromium", lambda: None)
    done = ema("twice_daily", "--out", str(tmp_path / "out"))
    assert done.exit_code == 0
    assert done.stdout == f"{tmp_path / 'out' / 'twice_daily_report.html'}\n"
    assert "There is no Chromium on this machine" in done.stderr
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["twice_daily_report.html"]


def test_the_command_prints_the_pdf_beside_it(ema, tmp_path, monkeypatch):
    monkeypatch.setattr(printing, "pdf", lambda page: page.encode()[:9])
    done = ema("twice_daily", "--out", str(tmp_path))
    assert done.stdout.splitlines()[1] == f"{tmp_path / 'twice_daily_report.pdf'}"
    assert (tmp_path / "twice_daily_report.pdf").read_bytes() == b"<!doctype"
    assert ema("twice_daily", "--no-pdf", "--out", str(tmp_path / "x")).stdout.count("\n") == 1


def test_a_browser_that_prints_nothing_is_said_so(monkeypatch):
    monkeypatch.setattr(printing, "chromium", lambda: "/bin/true")
    with pytest.raises(printing.NotPrinted, match="print it"):
        printing.pdf("<p>anything</p>")

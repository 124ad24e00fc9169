"""The whole, as three people use it: she joins on a phone, answers, a day goes by; the researcher and the worker look."""

import csv
import io
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

CONSENT = {
    "Are you 18 or over?": "Yes",
    "Are you alone": "Yes",
    "I want to take part.": "Yes, I want to take part",
    "health data": "Yes",
}
READY_WITHIN = 90
"""Seconds: setting up the demo with three virtual people, on a busy machine."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """`ema demo` as a newcomer starts it; gives its URL and what it printed."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "EMA_DATA_DIR": str(tmp_path_factory.mktemp("demo")), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "ema", "demo", "--port", str(port), "--people", "3"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    timer = signal.signal(signal.SIGALRM, lambda *_: process.kill())
    signal.alarm(READY_WITHIN)
    said = ""
    try:
        for line in process.stdout:
            said += line
            if "Ctrl-C" in line:
                break
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, timer)
    links = dict(re.findall(r"(Robin|Sam), .*?(http://\S+)", said))
    assert len(links) == 2, said
    yield f"http://127.0.0.1:{port}", links
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    process.stdout.close()


@pytest.fixture(scope="module")
def open_page(browser):
    """A page of its own cookies, which may not complain: no script error, nothing refused by the security policy."""
    complaints, contexts = [], []

    def open_page(url, width=360, height=740):
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture(scope="module")
def phone(demo, open_page):
    """A new participant's phone; her name in the sandbox is Ada."""
    url, _ = demo
    return open_page(f"{url}/sandbox/new?name=Ada")


def press(phone, label):
    """Press an inline button once it is on the newest message that has it."""
    phone.get_by_role("button", name=label, exact=True).last.click()


def signed_in(open_page, link):
    page = open_page(link, width=1200, height=900)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    return page


def table(page, url, name):
    """One CSV of the study's export, as the researcher downloads it."""
    answer = page.request.get(f"{url}/studies/twice_daily/export.zip?format=csv")
    assert answer.ok, answer.status
    files = zipfile.ZipFile(io.BytesIO(answer.body()))
    member = next(entry for entry in files.namelist() if entry.endswith(f"{name}.csv"))
    return list(csv.DictReader(io.TextIOWrapper(files.open(member), "utf-8-sig")))


def own_rows(rows):
    """Hers: the only participant who is no simulated one."""
    return [row for row in rows if row["simulated"] in {"0", "False", "false"}]


def test_she_joins_in_short_screens_and_tries_a_check_in(phone):
    press(phone, "English")
    for page in range(1, 13):
        expect(phone.get_by_text(f"{page} of 12")).to_be_visible()
        press(phone, "Next")
    for question, yes in CONSENT.items():
        expect(phone.get_by_text(question)).to_be_visible()
        press(phone, yes)
    press(phone, "About 3 pm and 9.30 pm")
    press(phone, "London")
    press(phone, "Try one now")
    answer_all(phone)
    expect(phone.get_by_text("There is one more set")).to_be_visible()


def answer_all(phone, value="6"):
    expect(phone.get_by_text("7 short questions").last).to_be_visible()
    press(phone, value)
    for number in range(2, 8):
        expect(phone.get_by_text(f"{number} of 7").last).to_be_visible()
        press(phone, value)
    expect(phone.get_by_text("Thank you").last).to_be_visible()


def test_the_next_day_brings_the_next_note_and_she_answers(phone):
    jump(phone, "+1d")
    jump(phone, "next")
    expect(phone.get_by_role("log").get_by_text("You have a note.").last).to_be_visible()
    press(phone, "Start")
    answer_all(phone)
    expect(phone.get_by_text("There is one more question.")).to_be_visible()  # day 2: is it still OK


def jump(phone, target):
    """Move the demo's time, and wait until it is there."""
    said = phone.locator("#demo-said")
    before = said.inner_text()
    phone.locator(f'[data-jump="{target}"]').click()
    expect(said).to_have_text(re.compile(r"^It is \w+ \d\d:\d\d\.$"), timeout=60_000)
    expect(said).not_to_have_text(before, timeout=60_000)


def test_the_researcher_finds_her_answers_in_the_csv(demo, open_page, phone):
    url, links = demo
    page = signed_in(open_page, links["Robin"])
    expect(page.get_by_text("SIMULATED").first).to_be_visible()
    checkins = [row for row in own_rows(table(page, url, "checkins")) if row["kind"] == "scheduled"]
    assert [row["wb_mood"] for row in checkins if row["state"] == "completed"] == ["6"]
    prompts = own_rows(table(page, url, "prompts"))
    assert all(row["reason"] or row["state"] in {"completed", "open", "planned"} for row in prompts)


def test_the_worker_sees_that_she_answered_and_never_what(demo, open_page, phone):
    url, links = demo
    page = signed_in(open_page, links["Sam"])
    page.goto(f"{url}/peers")
    expect(page.get_by_text("today").first).to_be_visible()
    assert "wb_" not in page.content()
    refused = page.request.get(f"{url}/studies/twice_daily/export.zip?format=csv")
    assert refused.status == 403

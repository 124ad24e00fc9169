"""A page that she lets go to a service: made in the chat by the real bot, read over HTTP by somebody else."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from ema.services import moving, pin
from ema.services.signin import Signed
from ema.store.rows import table_of
from ema.store.tables import Share
from tests.services.hers import answered, copies
from tests.services.test_pin import set_pin
from tests.web.linked.hands import asked_for, opened

PEER = Signed(7, "Ana", "peer")
ALL = ("How to reach me", "How many check-ins, by week", "My answers as a picture")


def looked_at(someone, *parts, whom="my clinic", span="For one week"):
    """What she is shown before she makes it."""
    someone.write("/share")
    someone.tap("Make a page", *(parts or ALL), "Next")
    someone.write(whom)
    someone.tap(span)
    return someone.last.text


def made(someone, *parts, **chosen):
    """The address that she copies."""
    looked_at(someone, *parts, **chosen)
    someone.tap("Make this page")
    (address,) = [button.url for row in someone.last.buttons for button in row if button.label == "Copy the address"]
    return address


def read(client, address, language="en"):
    return client.post("/s/open", data={"token": address}, headers={"accept-language": language})


def words_on(page):
    """All that can be read on it, in order."""
    body = re.sub(r"<[^>]*>", "\n", page.text.partition("<body>")[2])
    return [line.strip() for line in unescape(body).split("\n") if line.strip()]


def rows(world):
    with world.database.reading() as session:
        return session.execute(select(table_of(Share))).all()


def test_she_sees_word_for_word_what_the_page_shows(browser, anna):
    answered(anna, *"34454")
    anna.write("/contact")
    anna.tap("How to reach me", "My pronouns", "they/them", "Who gets in touch", "a woman")
    shown = looked_at(anna).split("\n\n")
    assert shown[0].startswith("This is what the page will show")
    assert shown[-1] == "In your list: my clinic."
    picture = "Above these words stands your picture, the same as in /me."
    seen = [line for part in shown[1:-1] if part != picture for line in part.split("\n")]
    assert shown[1:-1].count(picture) == 1
    anna.tap("Make this page")
    (address,) = [button.url for row in anna.last.buttons for button in row if button.label == "Copy the address"]
    page = read(browser(), address)
    assert words_on(page) == seen
    assert page.text.count('src="data:image/png;base64,') == 1
    assert {"Pronouns: they/them", "Who should get in touch: a woman"} <= set(seen)
    assert sum(int(one.rpartition(" ")[2]) for one in seen if one.startswith("Week from")) == 5


def test_only_what_she_chose_is_on_it(browser, anna):
    answered(anna, "3")
    page = read(browser(), made(anna, "How many check-ins, by week"))
    assert [line for line in words_on(page) if line.startswith("Week from")]
    assert "<img" not in page.text
    assert "get in touch" not in page.text


def test_it_names_nobody_and_says_what_it_is_nowhere(world, browser, anna):
    answered(anna, *"34454")
    address = made(anna, whom="Lantern")
    assert re.fullmatch(r"https://notes\.example/s#[\w-]{32}", address)
    client = browser()
    for page in (client.get("/s"), read(client, address)):
        assert page.status_code == 200
        assert re.search("<title>(.*)</title>", page.text)[1] == "A note"
        for hidden in (
            anna.id,
            anna.address,
            "Anna",
            "Lantern",
            world.study,
            world.protocol.title,
            "telegram",
        ):
            assert hidden not in re.sub('base64,[^"]*', "", page.text)
        assert not re.search(r"\b(she|bot|study|chat)\b", " ".join(words_on(page)))
        assert page.headers["cache-control"] == "no-store"
        assert "noindex" in page.headers["x-robots-tag"]
        assert "set-cookie" not in page.headers
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text)


def test_it_is_read_in_the_language_of_the_reader(browser, anna):
    page = read(browser(), made(anna, "How to reach me"), language="pl,en;q=0.5")
    assert '<html lang="pl"' in page.text
    assert "To pochodzi od osoby" in unescape(page.text)
    assert "Sposób kontaktu: " in unescape(page.text)


def test_what_it_shows_is_of_the_day_it_is_read_and_stored_nowhere(world, browser, anna):
    address = made(anna, "How to reach me")
    assert "By a message" in read(browser(), address).text
    anna.write("/contact")
    anna.tap("How to reach me", "The way", "By a call")
    assert "By a call" in read(browser(), address).text
    (row,) = rows(world)
    assert address.partition("#")[2] not in str(row)
    assert "my clinic" not in str(row)
    assert row.what == "reach"


@pytest.mark.parametrize(("span", "days"), [("For one day", 1), ("For one week", 7), ("For four weeks", 28)])
def test_it_can_be_read_for_as_long_as_she_chose(world, browser, anna, span, days):
    address, client = made(anna, "How to reach me", span=span), browser()
    (row,) = rows(world)
    assert row.expires_at - world.now <= timedelta(days=days)
    world.clock.move_to(row.expires_at - timedelta(seconds=1))
    assert read(client, address).status_code == 200
    world.clock.move_to(row.expires_at)
    refused = read(client, address)
    assert refused.status_code == 403
    assert "can’t be read, or not any more" in refused.text
    anna.write("/share")
    assert "No page of yours is out." in anna.last.text
    world.tick()
    assert rows(world) == []


def test_she_sees_whether_and_how_often_it_was_opened(browser, anna):
    client, address = browser(), made(anna, "How to reach me")
    client.get("/s")  # a preview is no opening
    anna.write("/share")
    assert re.search(r"my clinic, until \w+ \d+ \w+ \d\d:\d\d: not opened so far\.", anna.last.text)
    read(client, address)
    anna.write("/share")
    assert "opened 1 time, last on" in anna.last.text
    read(client, address)
    anna.write("/share")
    assert "opened 2 times, last on" in anna.last.text


def test_she_ends_one_or_all_of_them_with_a_tap(browser, anna):
    client = browser()
    first, second, third = (made(anna, "How to reach me", whom=whom) for whom in ("one", "two", "three"))
    anna.write("/share")
    anna.tap("End: two")
    assert [read(client, each).status_code for each in (first, second, third)] == [200, 403, 200]
    anna.tap("End all my pages")
    assert "No page of yours can be opened now." in anna.last.text
    assert [read(client, each).status_code for each in (first, second, third)] == [403] * 3


def test_a_sixth_page_waits_until_one_is_ended(world, anna):
    for at in range(5):
        made(anna, "How to reach me", whom=f"number {at}")
    looked_at(anna, "How to reach me")
    anna.tap("Make this page")
    assert "5 pages are out." in anna.last.text
    assert len(rows(world)) == 5


def test_stopping_ends_them_and_coming_back_brings_none_back(browser, anna):
    address = made(anna)
    anna.write("/stop")
    anna.tap("Stop, and keep what I gave")
    assert read(browser(), address).status_code == 403
    anna.tap("Come back")
    assert read(browser(), address).status_code == 403


def test_erasing_ends_them(world, browser, anna):
    address = made(anna)
    anna.write("/stop")
    anna.tap("Stop, and erase everything", "Yes, erase everything")
    assert read(browser(), address).status_code == 403
    assert rows(world) == []


def test_a_new_phone_ends_them(world, browser, anna):
    address = made(anna)
    code = moving.issue(world.here, anna.id, PEER)
    assert read(browser(), address).status_code == 200, "a code that nobody used"
    world.phone("Anna’s new one").write(code)
    assert read(browser(), address).status_code == 403


def test_what_a_worker_shut_is_not_on_the_page(world, browser, anna):
    answered(anna, *"34454")
    set_pin(anna)
    before = made(anna)
    pin.reset(world.here, anna.id, PEER)
    world.rest()
    client = browser()
    assert read(client, before).status_code == 403
    anna.write("/share")
    page = words_on(read(client, made(anna)))
    assert "There are no check-ins so far." in page
    assert not [line for line in page if line.startswith("Week from") or "Lowest" in line]


def test_her_pin_stands_before_it(world, anna):
    made(anna)
    set_pin(anna)
    world.wait(minutes=11)
    anna.write("/share")
    assert "Please tap your PIN." in anna.last.text
    assert "my clinic" not in anna.last.text


def test_its_address_goes_from_the_chat_after_ten_minutes(world, anna):
    made(anna, "How to reach me")
    shown = anna.last.id
    world.wait(minutes=11)
    world.tick()
    world.rest()
    assert shown not in [message.id for message in anna.phone.messages()]


def test_it_is_in_her_copy(world, anna):
    made(anna, "How to reach me")
    assert '"whom": "my clinic"' in copies(world, anna)["copy.json"]


def test_a_page_and_a_link_open_nothing_of_each_other(browser, anna):
    link, page = asked_for(anna), made(anna)
    assert read(browser(), link).status_code == 403
    assert opened(browser(), page).status_code == 403


def test_guessing_is_slowed_down_and_another_site_can_not_ask(browser, anna):
    address, client = made(anna, "How to reach me"), browser()
    foreign = client.post("/s/open", data={"token": address}, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403
    assert "How to get in touch" not in foreign.text
    answers = [read(client, f"guess{at}") for at in range(12)]
    assert [each.status_code for each in answers] == [403] * 10 + [429] * 2
    assert "<title>A note</title>" in answers[-1].text

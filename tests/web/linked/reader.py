"""Somebody without Telegram, with a browser. She does what stands on her page, by its forms and without a script."""

import re
from html import unescape
from html.parser import HTMLParser

from ema.services import looking


class Forms(HTMLParser):
    """What can be done on a page: for each button the address and the fields that it sends."""

    def __init__(self, html):
        super().__init__()
        self.buttons, self.inputs, self.links = [], [], []
        self._form, self._button, self._link = None, None, None
        self.feed(html)

    def handle_starttag(self, tag, pairs):
        about = dict(pairs)
        if tag == "form":
            self._form = (about["action"], {})
        elif tag == "input" and self._form is not None:
            name = about.get("name")
            if about.get("type") == "hidden":
                self._form[1][name] = about.get("value", "")
            elif name:
                self.inputs.append((name, self._form))
        elif tag == "button" and self._form is not None:
            self._button = [about, self._form, ""]
        elif tag == "a":
            self._link = [about, ""]

    def handle_data(self, data):
        if self._button is not None:
            self._button[2] += data
        if self._link is not None:
            self._link[1] += data

    def handle_endtag(self, tag):
        if tag == "button" and self._button is not None:
            about, (action, fields), label = self._button
            mine = {about["name"]: about["value"]} if "name" in about else {}
            self.buttons.append((label.strip(), about.get("formaction", action), fields | mine))
            self._button = None
        elif tag == "a" and self._link is not None:
            self.links.append((self._link[1].strip(), self._link[0]["href"]))
            self._link = None
        elif tag == "form":
            self._form = None


class Reader:
    def __init__(self, world, client):
        self.world, self.client, self.answer = world, client, None

    @property
    def id(self):
        """Her pseudonym; None for somebody who is not known."""
        token = self.client.cookies.get("page")
        return token and self.world.vault.find("page", 0, looking.address_of(token))

    @property
    def row(self):
        (row,) = self.world.rows("participant", id=self.id)
        return row

    def prompts(self, **conditions):
        return self.world.rows("prompt", participant_id=self.id, **conditions)

    def checkins(self):
        return self.prompts(schedule="checkin", kind="scheduled")

    @property
    def html(self):
        return self.answer.text

    @property
    def text(self):
        """What she reads, one line for each paragraph."""
        body = re.sub(
            r"<details>.*?</details>|<header.*?</header>|<template.*?</template>", "", self.html, flags=re.DOTALL
        )
        found = re.findall(r"<(?:h1|p|label)[^>]*>([^<]*)<", body)
        return "\n".join(unescape(one).strip() for one in found if one.strip())

    @property
    def labels(self):
        return [label for label, _, _ in self._forms().buttons]

    def _forms(self):
        return Forms(self.html)

    def open(self, code=""):
        """Her invitation's address: the code goes by POST."""
        self.answer = self.client.post("/p/open", data={"token": code} if code else {})
        return self.look() if self.answer.status_code == 303 else self.answer

    def look(self):
        self.answer = self.client.get("/p/home")
        if self.answer.status_code == 303:
            self.answer = self.client.get("/p")
        return self.answer

    def form(self, label):
        """What the button would send: (address, fields)."""
        for said, action, fields in self._forms().buttons:
            if said == label:
                return action, fields
        raise AssertionError(f"nowhere “{label}”, only {self.labels}")

    def tap(self, *labels):
        for label in labels:
            action, fields = self.form(label)
            self.answer = self.client.post(action, data=fields)
            assert self.answer.status_code == 200, (label, self.answer.status_code)
        return self

    def type(self, text):
        ((name, (action, fields)),) = self._forms().inputs
        self.answer = self.client.post(action, data=fields | {name: text})
        return self

    def command(self, name):
        once = re.search(r'name="once" value="(\w+)"', self.html)[1]
        self.answer = self.client.post("/p/tap", data={"once": once, "command": name})
        return self

    def hide(self):
        return self.client.get("/p/hide")

    def join(self, code, hours="About 3 pm and 9.30 pm", place="London", language="English"):
        self.open(code)
        if language in self.labels:
            self.tap(language)
        for _ in self.world.protocol.consent.screens:
            self.tap("Next")
        return self.tap("Yes", "Yes", "Yes, I want to take part", "Yes", hours, place, "Not now")

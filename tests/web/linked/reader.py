"""Somebody without Telegram, with a browser. She does what stands on her page, by its forms and without a script."""

import re
from html import unescape
from html.parser import HTMLParser

from ema.services import looking

CODE = re.compile(r"\b(?:\w{4}-){3}\w{4}\b")
"""For a new phone, as it is read out."""


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
    def __init__(self, world, client, language="en"):
        self.world, self.client, self.answer = world, client, None
        client.headers["accept-language"] = language

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
        """What stands behind the # of her address goes by POST; without it she only comes to the door."""
        self.answer = self.client.post("/p/open", data={"token": code}) if code else self.client.get("/p")
        return self.look() if self.answer.status_code == 303 else self.answer

    def look(self):
        """Open the page, or load it again."""
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

    def send(self, form):
        action, fields = form
        self.answer = self.client.post(action, data=fields)
        return self

    def tap(self, *labels):
        for label in labels:
            self.send(self.form(label))
            assert self.answer.status_code == 200, (label, self.answer.status_code)
        return self

    def tap_open(self):
        self.send(self.form("Open"))
        assert self.answer.headers["location"] == "/p/home"
        self.look()

    def type(self, text):
        ((name, (action, fields)),) = self._forms().inputs
        return self.send((action, fields | {name: text}))

    def command(self, name):
        """Choose it from the menu."""
        once = re.search(r'name="once" value="(\w+)"', self.html)[1]
        return self.send(("/p/tap", {"once": once, "command": name}))

    def hide(self):
        return self.client.get("/p/hide")

    def leave(self):
        self.send(self.form("Close this here"))
        self.look()

    def join(self, code="", hours="About 3 pm and 9.30 pm", place="London"):
        """From where she is; with a code from the door on."""
        if code:
            self.open(code)
        self.tap("English")
        for _ in self.world.protocol.consent.screens:
            self.tap("Next")
        return self.tap("Yes", "Yes", "Yes, I want to take part", "Yes", hours, place, "Not now")

"""Reading our own pages in tests."""

import re

ORIGIN = {"origin": "http://testserver"}


def form_token(page):
    return re.search(r'name="form_token" value="(\w+)"', page)[1]


def post(client, path, page="/peers", **values):
    """Send a form as its page would."""
    token = form_token(client.get(page).text)
    return client.post(path, data={"form_token": token, **values}, headers=ORIGIN)

"""What somebody does with her pages in a browser, over HTTP."""

import re
from html import unescape


def asked_for(someone, how="For one day"):
    """The address on the button that the chat shows her."""
    someone.write("/link")
    someone.tap(how)
    (address,) = [button.url for row in someone.last.buttons for button in row if button.label == "Open my pages"]
    return address


def secret(address):
    return address.partition("#")[2]


def opened(client, address):
    return client.post("/p/open", data={"token": secret(address)})


def do(client, label):
    """Tap what stands on the page that was shown last."""
    buttons = re.findall(r'<button name="do" value="([^"]*)"[^>]*>([^<]*)<', client.last)
    (code,) = [unescape(value) for value, said in buttons if unescape(said) == label]
    (place,) = set(re.findall(r'name="place" value="([^"]*)"', client.last))
    client.last = client.post("/p/do", data={"place": place, "do": code}).text
    return unescape(client.last)


def home(client):
    client.last = client.get("/p/home").text
    return unescape(client.last)


def filled(html, value="5"):
    hidden = dict(re.findall(r'<input type="hidden" name="(prompt|opened)" value="(\d+)">', html))
    asked = re.findall(r'name="asked" value="(\w+)"', html)
    return hidden | {"asked": asked} | {f"a.{one}": value for one in asked}

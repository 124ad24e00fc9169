"""What a participant reads of how notes look, of her PIN, and of a new phone. English, by key: part of the catalogue.

The words are marked for translation by being in it.
"""

from __future__ import annotations

from typing import Final

ENGLISH: Final[dict[str, str | tuple[str, str]]] = {
    "button.pin": "PIN and new phone",
    "button.pin_new": "Set a PIN",
    "button.pin_other": "Another PIN",
    "button.pin_off": "No PIN any more",
    "button.pin_forgotten": "I do not know it",
    "button.new_code": "A code for a new phone",
    "mydata.closed": "What you gave before {at} is shut and left out. Your own code opens it.",
    "copy.pin": "There is a PIN. Only a print of it is kept, and it is in neither file.",
    "copy.code": "There is a code for a new phone. Only a print of it is kept.",
    "lock.words": "Please tap your PIN.",
    "lock.again": "That was not it. Please tap your PIN.",
    "lock.wait": "That was not it. You can try again at {until}. Waits grow up to an hour, and never for good.",
    "lock.app": "Your PIN is needed. Close this, and tap the PIN in the chat.",
    "lock.open": "No PIN is needed now.",
    "lock.forgotten": (
        "Your worker can take the PIN away, and sees nothing by it. Then you can go on. What you gave before stays "
        "shut."
    ),
    "lock.code": (
        "If you have your own code for a new phone, send it here. It takes the PIN away, and opens what you gave."
    ),
    "pin.words": (
        "With a PIN this chat asks for 4 numbers before it shows anything of yours. Then 10 minutes are free."
    ),
    "pin.on": "You have a PIN. It is asked when you have not used this chat for 10 minutes.",
    "pin.slow": (
        "After 3 wrong tries comes a wait: first a minute, at most an hour. Help, hiding and stopping never ask for it."
    ),
    "pin.code": (
        "If you lose your phone, a code of your own moves all of this to your new account. It opens this chat too if "
        "you do not know your PIN."
    ),
    "pin.new": "Tap 4 numbers for your PIN.",
    "pin.again": "Once more, please.",
    "pin.is_set": "Your PIN is set.",
    "pin.differs": "Those were two different ones. Please start again.",
    "pin.gone": "There is no PIN any more.",
    "pin.reset": "The PIN was taken away. What you gave before is shut here. Your own code opens it.",
    "code.made": (
        "Your code is {code}. Write it down and keep it away from the phone. It is shown only now, works once, and an "
        "older one of yours ends. On a new phone, send it to this bot. Give it to no one, not to your worker."
    ),
    "code.made_too": (
        "Your code is {code}. Write it down and keep it away from the phone. It is shown only now and works once. Keep "
        "your older code too: only that one opens what is shut."
    ),
    "move.done": (
        "You are here now. The other account sees nothing any more. Your code is used up: you can have a new one."
    ),
    "move.shut": "You are here now. The other account sees nothing any more. What you gave before is shut here.",
    "move.opened": "All is open again, and there is no PIN. Your code is used up: you can have a new one.",
    "move.not_needed": "All is open already, so the code was not needed. It is still good.",
    "move.unknown": "That code does not work. It may have been used, or it has ended, or a letter is not right.",
    "move.wait": (
        "That code does not work. You can try again in {n} minute.",
        "That code does not work. You can try again in {n} minutes.",
    ),
    "move.taken": (
        "This account is in already, by itself. Someone can help you: ask the person who gave you the code."
    ),
    # how notes look
    "notes.now": "A note says: {note}",
    "notes.sound": "It comes with a sound.",
    "notes.silent": "It comes without a sound.",
    "notes.words": "What should a note say?",
    "notes.code": (
        "Type a word that only you know, such as a name. It stands before the words of a note. At most {most} letters. "
        "What you type goes from this chat."
    ),
    "notes.code_now": "Your word is: {code}",
    "notes.goes": "When should what is done go from this chat?",
    "notes.goes_hint": "If you are asked something after it, that stays for ten minutes.",
    "notes.goes_next": (
        "What is done goes from this chat when the next one comes. It is gone after two days at the latest."
    ),
    "notes.goes_now": "What is done goes from this chat at once.",
    "notes.goes_after": (
        "What is done goes from this chat after {n} hour.",
        "What is done goes from this chat after {n} hours.",
    ),
    "goes.now": "At once",
    "goes.after": ("After {n} hour", "After {n} hours"),
    "goes.next": "When the next one comes",
}

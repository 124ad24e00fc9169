"""One token or several: what is wrong with them is said by their place, and none is ever shown."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from ema.config import Settings

FIRST, SECOND = "1000001:AAtoldToNobody", "1000002:BBtold_to-Nobody"


@pytest.mark.parametrize("between", [",", ", ", " ", "\n", "\t ,\n"])
def test_several_are_separated_by_commas_or_white_space(between):
    settings = Settings(telegram_token=f" {FIRST}{between}{SECOND}\n")
    assert [token.get_secret_value() for token in settings.telegram_tokens] == [FIRST, SECOND]
    assert settings.bots == (1000001, 1000002)


def test_one_is_as_before_and_none_is_none():
    assert Settings(telegram_token=FIRST).bots == (1000001,)
    assert Settings(telegram_token=None).bots == ()


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (f"{FIRST} AAtoldToNobody", "number 2 of its 2 is not a token"),
        ("1000001", "number 1 of its 1 is not a token"),
        (f"{FIRST};{SECOND}", "number 1 of its 1 is not a token"),
        (f"{FIRST},{SECOND},{FIRST}", "numbers 1 and 3 are tokens of the same bot"),
        (f"{FIRST} 1000001:another", "numbers 1 and 2 are tokens of the same bot"),
        (" , ", "it holds no token"),
    ],
)
def test_a_malformed_or_doubled_one_is_refused_without_showing_it(tokens, words):
    with pytest.raises(ValidationError) as refused:
        Settings(telegram_token=tokens)
    assert refused.value.errors()[0]["msg"].startswith(words)
    assert "Nobody" not in str(refused.value)
    assert "1000001" not in str(refused.value)


def test_nothing_shows_them():
    settings = Settings(telegram_token=f"{FIRST},{SECOND}")
    assert "Nobody" not in f"{settings} {settings!r} {settings.telegram_tokens} {settings.model_dump()}"


def test_the_command_refuses_in_one_line(tmp_path):
    environment = os.environ | {"EMA_TELEGRAM_TOKEN": f"{FIRST} {FIRST}", "EMA_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "ema", "serve"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "EMA_TELEGRAM_TOKEN: numbers 1 and 2 are tokens of the same bot\n"

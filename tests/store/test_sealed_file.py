"""A sealed file opens with its key, whole and unchanged, or not at all."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ema.store.sealed_file import PIECE, CannotOpen, identity, is_sealed, recipient, seal, unseal

KEY = X25519PrivateKey.generate()


def written(folder, content, key=KEY):
    file = folder / "sealed"
    file.write_bytes(b"".join(seal(content, key.public_key())))
    return file


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 2 * PIECE + 1), max_size=4))
def test_it_comes_back_as_it_was(tmp_path, lengths):
    """However it arrives, and at every edge of a piece."""
    parts = [bytes([number]) * length for number, length in enumerate(lengths)]
    file = written(tmp_path, parts)
    assert is_sealed(file)
    assert b"".join(unseal(file, KEY)) == b"".join(parts)


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_a_file_that_was_cut_short_is_refused(tmp_path, length):
    file = written(tmp_path, [b"x" * length])
    whole = file.read_bytes()
    for end in {len(whole) - 1, len(whole) - 16, 40, 39, 8, 40 + PIECE + 16} & set(range(8, len(whole))):
        file.write_bytes(whole[:end])
        with pytest.raises(CannotOpen):
            list(unseal(file, KEY))


def test_pieces_that_change_places_are_refused(tmp_path):
    file = written(tmp_path, [b"a" * PIECE, b"b" * PIECE, b"c"])
    head, size = 40, PIECE + 16
    whole = file.read_bytes()
    first, second, rest = whole[head : head + size], whole[head + size : head + 2 * size], whole[head + 2 * size :]
    for forged in (second + first + rest, first + rest, first + second + second + rest):
        file.write_bytes(whole[:head] + forged)
        with pytest.raises(CannotOpen):
            list(unseal(file, KEY))


def test_a_single_bit_is_seen(tmp_path):
    file = written(tmp_path, [b"hers" * 100])
    whole = bytearray(file.read_bytes())
    for at in (9, 45, len(whole) - 1):
        changed = bytearray(whole)
        changed[at] ^= 1
        file.write_bytes(changed)
        with pytest.raises(CannotOpen):
            list(unseal(file, KEY))


def test_another_key_does_not_open_it_and_twice_is_never_the_same(tmp_path):
    file = written(tmp_path, [b"hers"])
    before = file.read_bytes()
    with pytest.raises(CannotOpen, match="another key"):
        list(unseal(file, X25519PrivateKey.generate()))
    assert b"hers" not in before
    assert written(tmp_path, [b"hers"]).read_bytes() != before


def test_keys_are_read_from_files_and_from_words(tmp_path):
    private, public, other = (tmp_path / name for name in ("private.pem", "public.pem", "other.pem"))
    private.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    other.write_bytes(Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    raw = KEY.public_key().public_bytes_raw()
    for given_ in (str(private), str(public), base64.b64encode(raw).decode()):
        assert recipient(given_).public_bytes_raw() == raw
    assert identity(private).private_bytes_raw() == KEY.private_bytes_raw()
    for wrong in (str(other), "nobody", str(tmp_path / "none.pem"), ""):
        with pytest.raises(CannotOpen):
            recipient(wrong)
    for file in (public, other, tmp_path / "none.pem"):
        with pytest.raises(CannotOpen):
            identity(file)

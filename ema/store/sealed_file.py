"""A file that only the holder of a key can read: whoever writes it needs no more than the public half.

The format, in full: the eight bytes `EMASEAL1`; the 32 bytes of an X25519 public key made for this file; then the
content in pieces of 65,536 bytes, the last one shorter or as long, each sealed by AES-256-GCM, which adds 16 bytes. The
key is HKDF-SHA256 of the two keys' shared secret, salted with both public keys (the file's first), with the info
`ema backup`. A piece's nonce is its number from 0 as 11 bytes, and a byte that is 1 for the last piece and otherwise 0.
So no piece can be changed, moved or left out, and a file that was cut short is seen to be.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from ema.domain.errors import EmaError

MAGIC: Final = b"EMASEAL1"
PIECE: Final = 65536
_TAG: Final = 16


class CannotOpen(EmaError):
    """A sealed file or its key can't be used. The message says why."""


def recipient(given: str) -> X25519PublicKey:
    """Whom to seal for: a PEM file with an X25519 key (either half), or the public key's 32 bytes as base64.

    Raises CannotOpen.
    """
    file = Path(given)
    if not file.is_file():
        try:
            return X25519PublicKey.from_public_bytes(base64.b64decode(given, validate=True))
        except (ValueError, binascii.Error):
            raise CannotOpen(f"{given} is neither a key file nor a public key of 32 bytes as base64") from None
    content = file.read_bytes()
    if b"PRIVATE" in content:
        return identity(file).public_key()
    try:
        key = load_pem_public_key(content)
    except ValueError:
        key = None
    if not isinstance(key, X25519PublicKey):
        raise CannotOpen(f"{file} holds no X25519 key: make one with `openssl genpkey -algorithm x25519`")
    return key


def identity(file: Path) -> X25519PrivateKey:
    """The private key in a PEM file. Raises CannotOpen."""
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except OSError as error:
        raise CannotOpen(f"can't read the key {file}: {error.strerror}") from None
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, X25519PrivateKey):
        raise CannotOpen(f"{file} holds no private X25519 key without a password")
    return key


def seal(content: Iterable[bytes], to: X25519PublicKey) -> Iterator[bytes]:
    """The sealed file, piece by piece."""
    once = X25519PrivateKey.generate()
    public = once.public_key().public_bytes_raw()
    aead = _aead(once.exchange(to), public, to.public_bytes_raw())
    yield MAGIC + public
    held, number = bytearray(), 0
    for part in content:
        held += part
        while len(held) > PIECE:  # one piece stays: it may be the last
            yield aead.encrypt(_nonce(number, last=False), bytes(held[:PIECE]), None)
            del held[:PIECE]
            number += 1
    yield aead.encrypt(_nonce(number, last=True), bytes(held), None)


def unseal(file: Path, key: X25519PrivateKey) -> Iterator[bytes]:
    """The content, each piece after it was found to be unchanged. Raises CannotOpen, at the latest by the last."""
    with file.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise CannotOpen(f"{file} is not sealed")
        public = stream.read(32)
        try:
            shared = key.exchange(X25519PublicKey.from_public_bytes(public))
        except ValueError:
            raise CannotOpen(f"{file} is cut short or was changed") from None
        aead = _aead(shared, public, key.public_key().public_bytes_raw())
        piece, number = stream.read(PIECE + _TAG), 0
        while True:
            following = stream.read(PIECE + _TAG)
            try:
                yield aead.decrypt(_nonce(number, last=not following), piece, None)
            except (InvalidTag, ValueError):
                raise CannotOpen(f"{file} is sealed for another key, is cut short, or was changed") from None
            if not following:
                return
            piece, number = following, number + 1


def is_sealed(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _aead(shared: bytes, once: bytes, to: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=once + to, info=b"ema backup").derive(shared))

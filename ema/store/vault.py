"""Each person's own key, and the installation's. Without a key of hers nothing personal can be read, in no backup.

Typed access to the sealed columns is `ema.store.sealed`; nothing else reads or writes them.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.exc import IntegrityError

from ema.domain.errors import EmaError
from ema.domain.ways import channel_of
from ema.store.keystore import KeyStore, KeyStoreUnusable, StoredKey, master_key

_FORMAT: Final = 1
_LENGTH: Final = Struct(">I").pack
_NONCE: Final = 12
_KEY_ID: Final = 4
_PREFIX: Final = 1 + _KEY_ID


class KeyDestroyed(EmaError):
    """Her key is gone: she was erased, and nothing of hers can be read again."""

    status = 410


class Unreadable(EmaError):
    """A sealed value does not open: it was changed, moved from where it was written, or sealed under another key."""

    status = 500


class AddressTaken(EmaError):
    """Another participant holds this address."""

    status = 409


class Seal:
    """One AES-GCM key. What it seals is bound to a table, a row (its natural key as text) and a column.

    A sealed value: format byte, 4 bytes naming the key, 12 bytes nonce, ciphertext with tag.
    """

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)
        self._prefix = bytes([_FORMAT]) + sha256(b"ema key name\0" + key).digest()[:_KEY_ID]

    def seal(self, table: str, row: str, column: str, data: bytes) -> bytes:
        nonce = secrets.token_bytes(_NONCE)
        return self._prefix + nonce + self._aead.encrypt(nonce, data, _place(self._prefix, table, row, column))

    def open(self, table: str, row: str, column: str, sealed: bytes) -> bytes:
        """Raises Unreadable."""
        where = f"{table}.{column} of row {row}"
        if sealed[:1] != self._prefix[:1]:
            raise Unreadable(f"{where} has a format that this release does not know")
        if sealed[:_PREFIX] != self._prefix:
            raise Unreadable(f"{where} is sealed under another key")
        nonce, rest = sealed[_PREFIX : _PREFIX + _NONCE], sealed[_PREFIX + _NONCE :]
        try:
            return self._aead.decrypt(nonce, rest, _place(self._prefix, table, row, column))
        except (InvalidTag, ValueError):
            raise Unreadable(f"{where} was changed, or moved from another place") from None


class PersonKey(Seal):
    """One person's key, for the length of one transaction: never kept longer, so that erasing takes effect at once."""

    def __init__(self, participant_id: str, key: bytes, installation: Seal) -> None:
        super().__init__(key)
        self.participant_id: Final = participant_id
        self.installation: Final = installation
        """For what is handed over to her, such as a voucher: opened by this one, sealed anew by hers."""


class Vault:
    """Finds, makes and destroys persons' keys. Every call asks the key store; nothing is cached."""

    def __init__(self, keystore: KeyStore, master: bytes) -> None:
        self.keystore: Final = keystore
        self._wrapping = AESGCM(_derive(master, "wrap"))
        self._address_key = _derive(master, "address")
        self.master_id: Final = _derive(master, "name").hex()[:16]
        self.installation: Final = Seal(_derive(master, "installation"))
        """For what belongs to no person yet, such as an update that failed."""
        self._voucher_key = _derive(master, "voucher")

    def enrol(self, participant_id: str, channel: str, bot_id: int, address: str, now: datetime) -> PersonKey:
        """Make a key for a new participant, committed at once. If the address has one, that one comes back, with its
        `participant_id`. Call it before the main transaction: an orphaned key is harmless and is reaped.
        """
        key = secrets.token_bytes(32)
        nonce = secrets.token_bytes(_NONCE)
        wrapped = nonce + self._wrapping.encrypt(nonce, key, participant_id.encode())
        new = StoredKey(participant_id, wrapped, self.master_id)
        return self._unwrap(self.keystore.add(new, self._hash(channel, bot_id, address), now))

    def find(self, channel: str, bot_id: int, address: str) -> str | None:
        """Whose address this is."""
        stored = self.keystore.of_address(self._hash(channel, bot_id, address))
        return None if stored is None else stored.participant_id

    def person(self, participant_id: str) -> PersonKey:
        """Raises KeyDestroyed."""
        stored = self.keystore.of_participant(participant_id)
        if stored is None:
            raise KeyDestroyed(KeyDestroyed.__doc__)
        return self._unwrap(stored)

    def of_address(self, bot_id: int, address: str) -> PersonKey | None:
        """`find` and `person` in one step."""
        return self.of_addresses([(bot_id, address)]).get((bot_id, address))

    def of_addresses(self, addresses: Collection[tuple[int, str]]) -> dict[tuple[int, str], PersonKey]:
        """The keys of those whom these addresses (of a bot, or a page's) belong to."""
        hashes = {self._hash(channel_of(bot_id), bot_id, address): (bot_id, address) for bot_id, address in addresses}
        return {hashes[at]: self._unwrap(stored) for at, stored in self.keystore.of_addresses(hashes).items()}

    def persons(self, participant_ids: Iterable[str]) -> dict[str, PersonKey]:
        """The keys of those who have one, asked for in bulk."""
        found = self.keystore.of_participants(participant_ids)
        return {participant_id: self._unwrap(stored) for participant_id, stored in found.items()}

    def rebind(self, participant_id: str, channel: str, bot_id: int, address: str) -> None:
        """Her address changed (a migrated chat, another bot). Raises KeyDestroyed or AddressTaken."""
        try:
            done = self.keystore.rebind(participant_id, self._hash(channel, bot_id, address))
        except IntegrityError:
            raise AddressTaken(AddressTaken.__doc__) from None
        if not done:
            raise KeyDestroyed(KeyDestroyed.__doc__)

    def destroy(self, participant_id: str) -> None:
        """Destroy her key, committed at once and for good. Repeating it does nothing."""
        self.keystore.destroy([participant_id])

    def close(self) -> None:
        self.keystore.close()

    def fingerprint(self, channel: str, bot_id: int, address: str) -> bytes:
        """What stands for an address that is nobody's. It is not to be undone without the master key."""
        return self._hash("stranger " + channel, bot_id, address)

    def voucher_name(self, study_id: str, code: str) -> str:
        """What a voucher is called without its code: the same for the same, and it tells nothing."""
        return hmac.digest(self._voucher_key, _joined(study_id, code), "sha256").hex()[:32]

    def _hash(self, channel: str, bot_id: int, address: str) -> bytes:
        return hmac.digest(self._address_key, _joined(channel, str(bot_id), address), "sha256")

    def _unwrap(self, stored: StoredKey) -> PersonKey:
        nonce, rest = stored.wrapped_key[:_NONCE], stored.wrapped_key[_NONCE:]
        try:
            key = self._wrapping.decrypt(nonce, rest, stored.participant_id.encode())
        except InvalidTag:
            raise Unreadable(
                f"the key of participant {stored.participant_id} does not open under this key file"
            ) from None
        return PersonKey(stored.participant_id, key, self.installation)


def open_vault(keystore_url: str, key_file: Path) -> Vault:
    """Open the key store with the master key in `key_file`, made if this is the first start.

    Raises KeyStoreUnusable if the file is missing or another's while keys depend on it.
    """
    keystore = KeyStore(keystore_url)
    try:
        used = keystore.master_id()
        vault = Vault(keystore, master_key(key_file, may_create=used is None))
        if used is None:
            keystore.claim(vault.master_id)
        if used not in {None, vault.master_id}:
            raise KeyStoreUnusable(f"the key file {key_file} is not the one that this key store was made with")  # noqa: TRY301
    except BaseException:
        keystore.close()
        raise
    return vault


def _derive(master: bytes, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"ema vault {purpose}".encode()).derive(master)


def _joined(*parts: str) -> bytes:
    """Parts with their lengths, so that no two different lists give the same bytes."""
    encoded = [part.encode() for part in parts]
    return b"".join([_LENGTH(len(part)) + part for part in encoded])


def _place(prefix: bytes, table: str, row: str, column: str) -> bytes:
    return prefix + _joined(table, row, column)

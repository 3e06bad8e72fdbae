"""Sealing of protected text and blind indexes.

A sealed value is ``version (1) | nonce (12) | ciphertext | tag (16)`` by AES-256-GCM with the column's name as
associated data, so that a value cannot be moved to another column unnoticed. A blind index is the first 16 bytes of
HMAC-SHA-256 over the normalised value: identity numbers have about 36 bits of entropy, so only a key held outside the
database keeps an index from being reversed.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gridmap.errors import WrongKeyError
from gridmap.store.keys import MasterKey
from gridmap.store.types import SEAL_VERSION

NONCE_BYTES = 12
INDEX_BYTES = 16


class Vault:
    """Seals, opens and indexes protected values with keys derived from the installation's key."""

    def __init__(self, key: MasterKey) -> None:
        self._cipher = AESGCM(key.derive("column"))
        self._index_key = key.derive("blind-index")

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, value: str, column: str) -> bytes:
        """Seal one value for ``column`` (``table.column``)."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return SEAL_VERSION + nonce + self._cipher.encrypt(nonce, value.encode(), column.encode())

    def seal_bytes(self, content: bytes, column: str) -> bytes:
        """Seal bytes (a part of a file) for ``column``."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return SEAL_VERSION + nonce + self._cipher.encrypt(nonce, content, column.encode())

    def open_bytes(self, sealed: bytes, column: str) -> bytes:
        """Open what `seal_bytes` sealed.

        Raises:
            WrongKeyError: it was sealed with another key or for another column.
        """
        try:
            return self._cipher.decrypt(sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :], column.encode())
        except InvalidTag:
            raise WrongKeyError(location=column) from None

    def seal_many(self, values: Sequence[str | None], column: str) -> list[bytes | None]:
        """Seal a column; ``None`` stays ``None``."""
        data = column.encode()
        encrypt = self._cipher.encrypt
        pool = secrets.token_bytes(NONCE_BYTES * len(values))
        sealed: list[bytes | None] = []
        for position, value in enumerate(values):
            if value is None:
                sealed.append(None)
                continue
            nonce = pool[position * NONCE_BYTES : (position + 1) * NONCE_BYTES]
            sealed.append(SEAL_VERSION + nonce + encrypt(nonce, value.encode(), data))
        return sealed

    def open(self, sealed: bytes | None, column: str) -> str | None:
        """Open one value.

        Raises:
            WrongKeyError: it was sealed with another key or for another column.
        """
        if sealed is None:
            return None
        try:
            nonce, body = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
            return self._cipher.decrypt(nonce, body, column.encode()).decode()
        except InvalidTag:
            raise WrongKeyError(location=column) from None

    def open_many(self, sealed: Iterable[bytes | None], column: str) -> list[str | None]:
        """Open a column."""
        return [self.open(value, column) for value in sealed]

    def index(self, value: str, kind: str) -> bytes:
        """The blind index of a normalised value; ``kind`` (``id``, ``phone``) keeps the indexes apart."""
        return hmac.digest(self._index_key, f"{kind}:{value}".encode(), "sha256")[:INDEX_BYTES]

    def index_many(self, values: Sequence[str | None], kind: str) -> list[bytes | None]:
        """The blind indexes of a column."""
        key, prefix, digest = self._index_key, f"{kind}:".encode(), hmac.digest
        return [
            None if value is None else digest(key, prefix + value.encode(), "sha256")[:INDEX_BYTES] for value in values
        ]

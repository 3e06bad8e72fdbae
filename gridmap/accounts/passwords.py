"""Passwords: argon2id with the library's recommended cost, and the least a new password must be."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gridmap.errors import WeakPasswordError

MINIMUM_LENGTH = 10
# No look-alike characters: these passwords are read from a screen and typed by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Passwords:
    """Hashes and checks passwords. ``cheap`` lowers the cost for tests alone."""

    def __init__(self, *, cheap: bool = False) -> None:
        self._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1) if cheap else PasswordHasher()
        self._decoy = self._hasher.hash(secrets.token_hex(16))

    def hash(self, password: str) -> str:
        """Hash a password."""
        return self._hasher.hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        """Whether the password fits. Without a hash the same work is done, so that time tells nothing."""
        try:
            return self._hasher.verify(hashed or self._decoy, password) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


def require_strong(password: str, username: str) -> None:
    """Refuse weak passwords.

    Raises:
        WeakPasswordError: too short, only digits, or contains the user name.
    """
    named = len(username) >= 3 and username.lower() in password.lower()
    simple = password.isdigit() or len(set(password)) < 5 or named
    if len(password) < MINIMUM_LENGTH or simple:
        raise WeakPasswordError(length=MINIMUM_LENGTH)


def random_password() -> str:
    """A random password of about 69 bits in three groups, easy to read out."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(5)) for _ in range(3))

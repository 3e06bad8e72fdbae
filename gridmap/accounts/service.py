"""Users and sessions: sign in and out, create, disable, change passwords."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from gridmap.accounts.actor import SignedIn
from gridmap.accounts.models import User, UserSession
from gridmap.accounts.passwords import Passwords, require_strong
from gridmap.errors import (
    AccountLockedError,
    DuplicateUserError,
    InvalidInputError,
    NotFoundError,
    NotSignedInError,
    SignInError,
)
from gridmap.store.store import UnitOfWork

IDLE = timedelta(minutes=15)
ABSOLUTE = timedelta(hours=12)
ATTEMPTS_BEFORE_LOCK = 5
LOCK = timedelta(minutes=10)
LONGEST_NAME = 64
# last_seen is written at most this often, so that browsing does not write on every request.
SEEN_GRAIN = timedelta(seconds=60)


def create_user(  # noqa: PLR0913 - the facts of a user
    unit: UnitOfWork,
    passwords: Passwords,
    *,
    username: str,
    display_name: str,
    password: str | None,
    os_user: str | None = None,
    language: str = "zh",
    must_change_password: bool = False,
) -> User:
    """Create a user.

    Raises:
        InvalidInputError: the name is empty, too long, or has characters that are not seen.
        DuplicateUserError: the name is taken.
        WeakPasswordError: the password is too simple.
    """
    if not 0 < len(username) <= LONGEST_NAME or username != username.strip() or not username.isprintable():
        raise InvalidInputError(field="User name", reason="1 to 64 characters, without spaces before or after")
    if unit.session.scalar(sa.select(User.id).where(User.username == username)) is not None:
        raise DuplicateUserError(username=username)
    if password is not None:
        require_strong(password, username)
    user = User(
        username=username,
        display_name=display_name,
        password_hash=None if password is None else passwords.hash(password),
        os_user=os_user,
        language=language,
        must_change_password=must_change_password,
        created_at=unit.now,
    )
    unit.session.add(user)
    unit.session.flush()
    unit.changed("access")
    return user


def find_user(unit: UnitOfWork, username: str) -> User:
    """Return the user of that name.

    Raises:
        NotFoundError: there is none.
    """
    user = unit.session.scalar(sa.select(User).where(User.username == username))
    if user is None:
        raise NotFoundError
    return user


def is_known(unit: UnitOfWork, username: str) -> bool:
    """Whether a name is a user's."""
    return unit.session.scalar(sa.select(User.id).where(User.username == username)) is not None


def list_users(unit: UnitOfWork) -> list[User]:
    """All users by name."""
    return list(unit.session.scalars(sa.select(User).order_by(User.username)))


def disable_user(unit: UnitOfWork, username: str) -> User:
    """Disable a user and end all their sessions at once."""
    user = find_user(unit, username)
    user.disabled_at = unit.now
    unit.session.execute(
        sa.update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=unit.now)
    )
    unit.session.flush()
    unit.changed("access")
    return user


def enable_user(unit: UnitOfWork, username: str) -> User:
    """Let a disabled user in again."""
    user = find_user(unit, username)
    user.disabled_at = None
    unit.session.flush()
    unit.changed("access")
    return user


def set_password(unit: UnitOfWork, passwords: Passwords, user: User, password: str, *, must_change: bool) -> None:
    """Set a new password and end the user's sessions.

    Raises:
        WeakPasswordError: the password is too simple.
    """
    require_strong(password, user.username)
    user.password_hash = passwords.hash(password)
    user.must_change_password = must_change
    user.failed_attempts = 0
    user.locked_until = None
    unit.session.execute(
        sa.update(UserSession)
        .where(UserSession.user_id == user.id, UserSession.ended_at.is_(None))
        .values(ended_at=unit.now)
    )
    unit.session.flush()


def check_password(unit: UnitOfWork, passwords: Passwords, username: str, password: str) -> User | None:
    """Check a sign-in attempt and count it; commit the unit of work whatever comes out.

    Returns ``None`` for a wrong name or password, so that the failure count is not rolled back by an exception.

    Raises:
        AccountLockedError: too many failures; says how long to wait.
    """
    user = unit.session.scalar(sa.select(User).where(User.username == username))
    if user is not None and user.locked_until is not None and user.locked_until > unit.now:
        minutes = max(1, int((user.locked_until - unit.now).total_seconds() // 60))
        raise AccountLockedError(minutes=minutes)
    fits = passwords.matches(password, user.password_hash if user else None)
    if user is None:
        return None
    if fits and user.disabled_at is None:
        user.failed_attempts = 0
        user.locked_until = None
        unit.session.flush()
        return user
    user.failed_attempts += 1
    if user.failed_attempts >= ATTEMPTS_BEFORE_LOCK:
        user.failed_attempts = 0
        user.locked_until = unit.now + LOCK
    unit.session.flush()
    return None


def open_session(unit: UnitOfWork, user: User) -> str:
    """Open a session and return its token; only the token's hash is kept."""
    token = secrets.token_urlsafe(32)
    unit.session.add(
        UserSession(
            token_hash=_hash(token),
            user_id=user.id,
            csrf=secrets.token_urlsafe(24),
            created_at=unit.now,
            last_seen_at=unit.now,
            expires_at=unit.now + ABSOLUTE,
        )
    )
    unit.session.flush()
    return token


def sign_in(unit: UnitOfWork, passwords: Passwords, username: str, password: str) -> str:
    """Check a password and open a session, in one go.

    Raises:
        SignInError, AccountLockedError.
    """
    user = check_password(unit, passwords, username, password)
    if user is None:
        raise SignInError
    return open_session(unit, user)


def session_of(unit: UnitOfWork, token: str) -> SignedIn:
    """Return the valid session of a token.

    Raises:
        NotSignedInError: unknown, ended, idle for too long, too old, or the user is disabled.
    """
    found = unit.session.execute(
        sa.select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .where(UserSession.token_hash == _hash(token))
    ).first()
    if found is None:
        raise NotSignedInError
    session, user = found
    stale = session.last_seen_at + IDLE + SEEN_GRAIN < unit.now or session.expires_at < unit.now
    if session.ended_at is not None or user.disabled_at is not None or stale:
        raise NotSignedInError
    return SignedIn(user.id, session.id, session.csrf, user.language, user.must_change_password, session.expires_at)


def needs_touch(unit: UnitOfWork, session_id: UUID) -> bool:
    """Whether the session's last use is old enough to be written again."""
    seen: datetime | None = unit.session.scalar(sa.select(UserSession.last_seen_at).where(UserSession.id == session_id))
    return seen is not None and unit.now - seen > SEEN_GRAIN


def touch_session(unit: UnitOfWork, session_id: UUID) -> None:
    """Note that the session was used."""
    unit.session.execute(sa.update(UserSession).where(UserSession.id == session_id).values(last_seen_at=unit.now))


def end_session(unit: UnitOfWork, session_id: UUID) -> None:
    """Sign out."""
    unit.session.execute(sa.update(UserSession).where(UserSession.id == session_id).values(ended_at=unit.now))


def sessions_of(unit: UnitOfWork, user_id: UUID) -> list[UserSession]:
    """The sessions of a user that are still open, the last used first."""
    return list(
        unit.session.scalars(
            sa.select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.ended_at.is_(None),
                UserSession.expires_at > unit.now,
                UserSession.last_seen_at > unit.now - IDLE - SEEN_GRAIN,
            )
            .order_by(UserSession.last_seen_at.desc())
        )
    )


def end_own_session(unit: UnitOfWork, user_id: UUID, session_id: UUID) -> None:
    """End one of a user's own sessions.

    Raises:
        NotFoundError: the user has no such session.
    """
    if (
        unit.session.scalar(
            sa.select(UserSession.id).where(UserSession.id == session_id, UserSession.user_id == user_id)
        )
        is None
    ):
        raise NotFoundError
    end_session(unit, session_id)


def last_sign_ins(unit: UnitOfWork) -> dict[UUID, datetime]:
    """When each user last opened a session; users who never did are left out."""
    rows = unit.session.execute(
        sa.select(UserSession.user_id, sa.func.max(UserSession.created_at)).group_by(UserSession.user_id)
    )
    return {user_id: at for user_id, at in rows if at is not None}


def get_user(unit: UnitOfWork, user_id: UUID) -> User:
    """Return the user of an id.

    Raises:
        NotFoundError: there is none.
    """
    user = unit.session.get(User, user_id)
    if user is None:
        raise NotFoundError
    return user


def set_language(unit: UnitOfWork, user_id: UUID, language: str) -> None:
    """Remember the language a user chose."""
    unit.session.execute(sa.update(User).where(User.id == user_id).values(language=language))


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()

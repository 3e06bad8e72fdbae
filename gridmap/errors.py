"""Errors of records and rules. One tree: every class has a stable code, a sentence and a hint; HTTP status and
translation are decided elsewhere, by one table each."""

from __future__ import annotations

from geodata.errors import ExplainedError


class GridmapError(ExplainedError):
    """Base of all errors of the application."""

    code = "gridmap"


class StoreError(GridmapError):
    """The store cannot be used."""

    code = "store"


class StoreMissingError(StoreError):
    """No such file or database."""

    code = "store_missing"
    message = "There is no register at {location}."
    hint = "Create one with: gridmap init {location}"


class StoreExistsError(StoreError):
    """``init`` on something that is there already."""

    code = "store_exists"
    message = "A register already exists at {location}."
    hint = "Choose another name, or use the existing register."


class WrongKeyError(StoreError):
    """The key does not open the file, or the file is no register."""

    code = "wrong_key"
    message = "The key does not open {location}, or the file is not a gridmap register."
    hint = "Point GRIDMAP_KEY_FILE to the key file that was made together with this register."


class KeyMissingError(StoreError):
    """No key was found."""

    code = "key_missing"
    message = "No key was found for {location}."
    hint = "Put the key file at {expected}, or set GRIDMAP_KEY_FILE (or GRIDMAP_KEY) to where it is."


class KeyPermissionError(StoreError):
    """Others may read the key file."""

    code = "key_permissions"
    message = "The key file {path} can be read by others."
    hint = "Restrict it to its owner: chmod 600 {path}"


class StoreLockedError(StoreError):
    """Another process holds the write lock for too long."""

    code = "store_locked"
    message = "The register is busy: another program has been writing to it for too long."
    hint = "Wait until the running import or backup has ended, then try again."


class StoreFailedError(StoreError):
    """The file of the register cannot be read or written: no room, no right, or the disk failed."""

    code = "store_failed"
    message = "The register at {location} cannot be read or written: {reason}."
    hint = "Make room on the disk, and see that you may write to the register and its folder. Nothing was half written."


class StoreUnreachableError(StoreError):
    """PostgreSQL does not answer or refuses."""

    code = "store_unreachable"
    message = "The database server at {location} does not accept the connection: {reason}"
    hint = "Check host, port, database name, user and password, and that the server is running."


class StoreOutdatedError(StoreError):
    """The schema is older than the program."""

    code = "store_outdated"
    message = "The register at {location} was made by an older version (schema {found}, needed {needed})."
    hint = "Make a backup, then run: gridmap upgrade"


class StoreNewerError(StoreError):
    """The schema is newer than the program."""

    code = "store_newer"
    message = "The register at {location} was made by a newer version of gridmap."
    hint = "Update gridmap on this machine."


class UnsafeSqliteError(StoreError):
    """An SQLite with the WAL-reset fault."""

    code = "unsafe_sqlite"
    message = "The SQLite library {version} may lose data (WAL-reset fault)."
    hint = "Install sqlcipher3 0.6.4 or newer."


class PermissionDeniedError(GridmapError):
    """The actor lacks the right to the action itself."""

    code = "permission_denied"
    message = "Your role does not allow this: {action}."
    hint = "Ask the administrator for the right, or work with an account that has it."


class NotFoundError(GridmapError):
    """Absent, or outside the actor's areas: the answer is the same, so that existence is not revealed."""

    code = "not_found"
    message = "There is no such record in your areas."
    hint = "Check the link; ask the administrator if you should have access to that area."


class NotSignedInError(GridmapError):
    """No valid session."""

    code = "not_signed_in"
    message = "You are not signed in, or the session has ended."
    hint = "Sign in again."


class SignInError(GridmapError):
    """Wrong name or password: never says which."""

    code = "sign_in"
    message = "User name or password is wrong."
    hint = "Check capital letters and the input method; after several failures the account is locked for a while."


class AccountLockedError(GridmapError):
    """Too many failures."""

    code = "account_locked"
    message = "Too many failed attempts."
    hint = "Wait {minutes} minutes, or ask the administrator."


class WeakPasswordError(GridmapError):
    """The new password is too weak."""

    code = "weak_password"
    message = "The password is too short or too simple."
    hint = "Use at least {length} characters, not only digits and not the user name."


class DuplicateUserError(GridmapError):
    """The user name is taken."""

    code = "duplicate_user"
    message = "There is already a user named {username}."
    hint = "Choose another name."


class StaleEditError(GridmapError):
    """The record was changed by somebody else meanwhile."""

    code = "stale_edit"
    message = "The record was changed by somebody else in the meantime."
    hint = "Reload it, compare, and save again."


class InvalidInputError(GridmapError):
    """A value of a request or an option cannot be used."""

    code = "invalid_input"
    message = "{field}: {reason}"
    hint = "Correct the value and try again."


class AreaNotFoundError(GridmapError):
    """No area with that code or name path."""

    code = "area_not_found"
    message = "No area is known by the code or name “{area}”."
    hint = "Use the code of the area or its unique name path, for example 海府街道/东湖里社区."


class AreaAmbiguousError(GridmapError):
    """A name fits several areas."""

    code = "area_ambiguous"
    message = "The name “{area}” fits several areas: {candidates}."
    hint = "Use the code, or a longer name path."


class DefinitionFileError(GridmapError):
    """A deployment's own file of indicators or rules says something that cannot be."""

    code = "definition_file"
    message = "{file} cannot be used: {faults}."
    hint = "Correct the file and start again; without it the definitions that ship with the program hold."


class PurposeRequiredError(GridmapError):
    """Unmasking needs a purpose."""

    code = "purpose_required"
    message = "Showing this in full needs a purpose."
    hint = "Choose why you need it; the reading is recorded."


class AuditBrokenError(GridmapError):
    """The audit chain does not verify."""

    code = "audit_broken"
    message = "The audit log of region {region} is broken at entry {seq}."
    hint = "Keep the file as it is, and compare it with the last backup whose log verifies."

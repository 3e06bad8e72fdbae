"""One table: error class → HTTP status. Everything an error becomes on its way out is decided here."""

from __future__ import annotations

from http import HTTPStatus

from geodata import errors as geodata
from geodata.errors import ExplainedError
from gridmap import errors as gridmap
from gridmap.changes.service import AlreadyUndoneError, ChangedSinceError

STATUS: dict[type[ExplainedError], HTTPStatus] = {
    geodata.GeodataError: HTTPStatus.UNPROCESSABLE_ENTITY,
    geodata.FileTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    geodata.MissingFileError: HTTPStatus.NOT_FOUND,
    gridmap.GridmapError: HTTPStatus.UNPROCESSABLE_ENTITY,
    gridmap.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    gridmap.PermissionDeniedError: HTTPStatus.FORBIDDEN,
    gridmap.NotFoundError: HTTPStatus.NOT_FOUND,
    gridmap.AreaNotFoundError: HTTPStatus.NOT_FOUND,
    gridmap.NotSignedInError: HTTPStatus.UNAUTHORIZED,
    gridmap.SignInError: HTTPStatus.UNAUTHORIZED,
    gridmap.AccountLockedError: HTTPStatus.TOO_MANY_REQUESTS,
    gridmap.StaleEditError: HTTPStatus.CONFLICT,
    gridmap.DuplicateUserError: HTTPStatus.CONFLICT,
    AlreadyUndoneError: HTTPStatus.CONFLICT,
    ChangedSinceError: HTTPStatus.CONFLICT,
    gridmap.AuditBrokenError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


class WebError(gridmap.GridmapError):
    """Base of what only a browser can get wrong."""

    code = "web"


class ForgedRequestError(WebError):
    """No valid token came with a change, or it came from another site."""

    code = "forged_request"
    message = "This form is too old or did not come from this site."
    hint = "Reload the page and send it again."


class PasswordChangeRequiredError(WebError):
    """The temporary password must be replaced before anything else."""

    code = "password_change_required"
    message = "Choose a password of your own first."
    hint = "Open “Password and sessions” and change the temporary password."


class MethodError(WebError):
    """The address exists, but not for this method."""

    code = "method_not_allowed"
    message = "This address does not take such a request."
    hint = "Go back and use the page's own buttons and links."


class BodyTooLargeError(WebError):
    """More was sent than is read."""

    code = "body_too_large"
    message = "What was sent is larger than {limit_mb} MB."
    hint = "Split the file, or ask the administrator to raise the limit."


class UnknownHostError(WebError):
    """The request names a host that this server is not."""

    code = "unknown_host"
    message = "This server does not answer to the name {host}."
    hint = "Use the address given by the administrator; they can add names with --host-name."


class UnexpectedError(WebError):
    """A fault of the program. The identifier leads to the log."""

    code = "unexpected"
    message = "Something went wrong on the server."
    hint = "Try again; if it happens again, tell the administrator this number: {id}"


STATUS |= {
    ForgedRequestError: HTTPStatus.FORBIDDEN,
    PasswordChangeRequiredError: HTTPStatus.FORBIDDEN,
    MethodError: HTTPStatus.METHOD_NOT_ALLOWED,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnknownHostError: HTTPStatus.MISDIRECTED_REQUEST,
    UnexpectedError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(error: ExplainedError | type[ExplainedError]) -> int:
    """The HTTP status of an error: the table's entry of its class or of the nearest class above."""
    kind = error if isinstance(error, type) else type(error)
    return next((int(STATUS[above]) for above in kind.__mro__ if above in STATUS), 500)

"""The outermost layer: an id a request, limits, headers on every answer, a log without personal data.

A fault of the program is answered here with its id, which leads to the log.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from geodata.errors import ExplainedError
from web.errors import BodyTooLargeError, UnexpectedError, UnknownHostError
from web.faults import log_fault
from web.settings import Settings

ACCESS = logging.getLogger("gridmap.access")

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "worker-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
STRICT_TRANSPORT = "max-age=31536000"

Answer = Callable[[Scope, ExplainedError, str], ASGIApp]


class Shield:
    """ASGI middleware around the whole application; ``answer`` makes the response to an error."""

    def __init__(self, app: ASGIApp, settings: Settings, answer: Answer) -> None:
        self._app = app
        self._settings = settings
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        reply = _Reply(send, self._settings, request_id)
        started = time.perf_counter()
        try:
            await self._serve(scope, receive, reply, request_id)
        finally:
            took_ms = (time.perf_counter() - started) * 1000
            # The path only: what people search for and choose stands in bodies and queries. As it was sent, in ASCII:
            # decoded it could hold a line of its own.
            path = quote(scope["path"], safe="/:,~", errors="replace")
            ACCESS.info("%s %s %s %.1fms %s", scope["method"], path, reply.status, took_ms, request_id)

    async def _serve(self, scope: Scope, receive: Receive, reply: _Reply, request_id: str) -> None:
        try:
            self._check_host(Headers(scope=scope))
            await self._app(scope, _Limited(receive, scope, self._settings), reply)
        except (BodyTooLargeError, UnknownHostError) as error:
            await self._explain(scope, receive, reply, error, request_id)
        except Exception as error:  # noqa: BLE001 - the last place where anything can be caught
            log_fault(request_id, error)
            await self._explain(scope, receive, reply, UnexpectedError(id=request_id), request_id)

    async def _explain(
        self, scope: Scope, receive: Receive, reply: _Reply, error: ExplainedError, request_id: str
    ) -> None:
        if reply.status is None:
            await self._answer(scope, error, request_id)(scope, receive, reply)

    def _check_host(self, headers: Headers) -> None:
        allowed = self._settings.allowed_hosts
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if allowed and name.strip("[]").lower() not in allowed:
            raise UnknownHostError(host=name[:64])


class _Reply:
    """Puts the headers on, and remembers the status."""

    def __init__(self, send: Send, settings: Settings, request_id: str) -> None:
        self._send = send
        self._settings = settings
        self._request_id = request_id
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            # What is not said to be cacheable may hold records.
            headers.setdefault("cache-control", "no-store")
            headers["x-request-id"] = self._request_id
            if self._settings.secure:
                headers["strict-transport-security"] = STRICT_TRANSPORT
        await self._send(message)


class _Limited:
    """Reads no more of a body than is allowed for its address."""

    def __init__(self, receive: Receive, scope: Scope, settings: Settings) -> None:
        upload = scope["path"] in {"/import", "/forms"}
        self._limit = settings.upload_mb * 1_048_576 + 65_536 if upload else settings.body_kb * 1024
        self._receive = receive
        self._read = 0
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal():
            self._check(int(declared))

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read += len(message.get("body", b""))
            self._check(self._read)
        return message

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise BodyTooLargeError(limit_mb=max(1, self._limit // 1_048_576))

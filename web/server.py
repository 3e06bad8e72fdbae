"""Run the application: addresses that may be served, TLS, the log."""

from __future__ import annotations

import errno
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn

from gridmap.bootstrap import Store
from gridmap.errors import GridmapError
from web.app import create_app
from web.settings import Settings

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class OpenAddressError(GridmapError):
    """An address that others can reach, without TLS."""

    code = "address_without_tls"
    message = "{host} can be reached from other computers, and passwords would travel in the clear."
    hint = "Give --tls-cert and --tls-key (make a pair with: gridmap certificate FOLDER), or --behind-proxy."


class PortInUseError(GridmapError):
    """Another program listens there."""

    code = "port_in_use"
    message = "Port {port} of {host} is used by another program."
    hint = "Choose another one with --port, or stop the other program."


class CannotListenError(GridmapError):
    """The system does not let the program listen there."""

    code = "cannot_listen"
    message = "The server cannot listen at port {port} of {host}: {reason}."
    hint = "Give --host an address of this computer; ports below 1024 often need the rights of the administrator."


class TlsFilesError(GridmapError):
    """Certificate or key is missing, is none, or does not fit the other."""

    code = "tls_files"
    message = "The certificate and its key must both be given and readable: {path}."
    hint = "Make a pair with: gridmap certificate FOLDER"


@dataclass(frozen=True, slots=True)
class Listen:
    """Where and how to listen."""

    host: str = "127.0.0.1"
    port: int = 8600
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    host_names: tuple[str, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether browsers come by HTTPS."""
        return self.tls_cert is not None or self.behind_proxy

    @property
    def url(self) -> str:
        """The address to open."""
        scheme = "https" if self.tls_cert is not None else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether only this computer can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check(listen: Listen) -> None:
    """Refuse what would be unsafe or cannot work, before anything is opened.

    Raises:
        OpenAddressError, TlsFilesError, PortInUseError, CannotListenError.
    """
    files = [path for path in (listen.tls_cert, listen.tls_key) if path is not None]
    if len(files) == 1 or any(not path.is_file() for path in files):
        raise TlsFilesError(path=", ".join(map(str, files)))
    if listen.tls_cert is not None and listen.tls_key is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(listen.tls_cert, listen.tls_key)
        except OSError:  # also what ssl says of a text that is no certificate, or of a key of another one
            raise TlsFilesError(path=", ".join(map(str, files))) from None
    if not is_loopback(listen.host) and not listen.secure:
        raise OpenAddressError(host=listen.host)
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as probe:
        # As the server itself will: an address that is only waiting to be forgotten is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(port=listen.port, host=listen.host) from None
            raise CannotListenError(port=listen.port, host=listen.host, reason=error.strerror or str(error)) from None


def settings_for(listen: Listen, **more: Any) -> Settings:
    """The settings that follow from where the server listens."""
    names = frozenset(name.lower() for name in listen.host_names)
    if is_loopback(listen.host) and not listen.behind_proxy:
        # Only names of this computer: a page elsewhere must not reach the server by a name that it points here.
        names |= LOOPBACK_NAMES
    given: dict[str, Any] = {"secure": listen.secure, "behind_proxy": listen.behind_proxy, **more}
    if names:
        given["allowed_hosts"] = names
    return Settings.from_environ(**given)


def run(store: Store, listen: Listen, settings: Settings) -> None:
    """Serve until stopped."""
    uvicorn.run(
        create_app(store, settings),
        host=listen.host,
        port=listen.port,
        ssl_certfile=listen.tls_cert,
        ssl_keyfile=listen.tls_key,
        proxy_headers=listen.behind_proxy,
        forwarded_allow_ips="127.0.0.1,::1" if listen.behind_proxy else None,
        server_header=False,
        # The application writes its own log of requests: without queries, which this one would hold.
        access_log=False,
        log_config=LOGGING,
        timeout_graceful_shutdown=5,
    )


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "gridmap": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "uvicorn.error": {"level": "WARNING"},
    },
}

"""Commands that need a server: ``serve`` and ``certificate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridmap.bootstrap import open_register
from gridmap.cli.frame import Db, _, say
from web import server, tls
from web.server import Listen

Host = Annotated[str, typer.Option("--host", help=_("The address to listen on."))]
Port = Annotated[int, typer.Option("--port", min=1, max=65535, help=_("The port to listen on."))]
PORT = 8600


def serve(
    db: Db,
    host: Host = "127.0.0.1",
    port: Port = PORT,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", help=_("Certificate (PEM) for HTTPS."), show_default=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", help=_("Key (PEM) of the certificate."), show_default=False)
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help=_("A reverse proxy on this computer ends HTTPS."))
    ] = False,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", help=_("A name this server answers to; may be repeated."), show_default=False),
    ] = None,
) -> None:
    """Serve the map and the register to browsers."""
    listen = Listen(host, port, tls_cert, tls_key, behind_proxy, tuple(host_name or ()))
    server.check(listen)
    settings = server.settings_for(listen)
    store = open_register(db)
    try:
        say("Serving at {url} — stop with Ctrl+C.", url=listen.url)
        server.run(store, listen, settings)
    finally:
        store.close()


def certificate(
    folder: Annotated[Path, typer.Argument(help=_("The folder to write gridmap.crt and gridmap.key to."))],
    names: Annotated[
        list[str] | None, typer.Argument(help=_("Host names and addresses of the server."), show_default=False)
    ] = None,
) -> None:
    """Make a self-signed pair of certificate and key for serving by HTTPS."""
    certificate_path, key_path = tls.make_pair(folder, names or [])
    say("Wrote {certificate} and {key}.", certificate=str(certificate_path), key=str(key_path))
    say("Browsers warn of it until the certificate is installed as trusted on each computer.")

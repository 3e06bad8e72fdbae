"""A private PostgreSQL cluster with PostGIS, for tests and benchmarks.

It lives in a temporary folder, listens on a socket there (on Windows: on a free loopback port), gives up durability
for speed, and is gone when its owner ends. The application's role is not a superuser, as in a real deployment.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

PREFIX = "gridmap-pg-"
OWNER = "gridmap"
SOCKET_PATH_LIMIT = 100  # of the operating system's 107 bytes, less the name of the socket file's lock
OLDEST_VERSION = 15
SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "60",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "1h",
    "jit": "off",
    "timezone": "UTC",
    "log_min_messages": "warning",
}


class PostgresError(RuntimeError):
    """The private cluster could not be found, started or used."""


def _version(folder: Path) -> int:
    """Return the major version that a folder of PostgreSQL programs belongs to, 0 if its path does not tell."""
    found = re.search(r"(\d+)", folder.parent.name)
    return int(found[1]) if found else 0


def _share_folder(binaries: Path) -> Path | None:
    """Return where the extensions of these programs are described."""
    asked = subprocess.run([binaries / "pg_config", "--sharedir"], capture_output=True, text=True, check=False) if (
        binaries / "pg_config").exists() else None  # fmt: skip
    if asked is not None and asked.returncode == 0:
        return Path(asked.stdout.strip())
    debian = Path("/usr/share/postgresql") / str(_version(binaries))
    beside = binaries.parent / "share"
    return next((folder for folder in (debian, beside) if folder.is_dir()), None)


def find_postgres() -> Path | None:
    """Return the folder of the newest PostgreSQL (15 or later) that has PostGIS, or None."""
    roots = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
        *Path(os.environ.get("PROGRAMFILES", "/nonexistent"), "PostgreSQL").glob("*/bin"),
    ]
    for binaries in sorted(roots, key=_version, reverse=True):
        program = next(binaries.glob("initdb*"), None)
        share = _share_folder(binaries)
        has_postgis = share is not None and (share / "extension" / "postgis.control").is_file()
        if program is not None and has_postgis and _version(binaries) >= OLDEST_VERSION:
            return binaries
    return None


def _unprivileged() -> tuple[list[str], int, int] | None:
    """Return how to run a program as a plain user, with that user's ids, or None if this process is one.

    PostgreSQL refuses to run as root.
    """
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd  # noqa: PLC0415 - Windows has no such module

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            account = pwd.getpwnam(name)
            setpriv = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin")
            if setpriv is None:
                raise PostgresError("root needs setpriv (package util-linux) to start PostgreSQL as a plain user")
            user = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
            return [setpriv, *user, "--"], account.pw_uid, account.pw_gid
    raise PostgresError("root needs an account 'postgres' or 'nobody' to start PostgreSQL with")


@dataclass(frozen=True)
class Cluster:
    """A running cluster: its folder, its programs, and how to reach it."""

    folder: Path
    binaries: Path
    host: str
    port: int

    def url(self, database: str, user: str = OWNER) -> str:
        """Return the SQLAlchemy address of a database (driver psycopg)."""
        return f"postgresql+psycopg://{user}@/{quote(database)}?host={quote(self.host, safe='')}&port={self.port}"

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement as the superuser, outside a transaction."""
        address = f"host='{self.host}' port={self.port} dbname={database} user=postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement.encode())

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create a database owned by the application's role, as a copy of ``template``, and return its address.

        Without a template it is empty but for PostGIS.
        """
        self.execute(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template or "postgis_template"}"')
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, ending what is still connected to it."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs as the cluster's user; its output is shown if it fails."""
        run_program(self.binaries, program, *arguments)

    def stop(self) -> None:
        """Stop the server at once (nothing here is worth a checkpoint) and remove its folder."""
        with contextlib.suppress(PostgresError):
            self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def run_program(binaries: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as an unprivileged user."""
    account = _unprivileged()
    command = [*(account[0] if account else []), str(binaries / program), *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    with tempfile.TemporaryFile() as output:  # a pipe would stay open as long as the server that pg_ctl leaves behind
        done = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
                              env=environment, cwd=tempfile.gettempdir(), check=False)  # fmt: skip
        output.seek(0)
        if done.returncode != 0:
            raise PostgresError(f"{program} ended with {done.returncode}: {output.read().decode(errors='replace')}")


def _free_port() -> int:
    """Return a loopback port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _locale() -> list[str]:
    """Return initdb's choice of language: byte order, with Chinese characters known as letters where that exists."""
    if os.name == "nt":
        return ["--no-locale"]
    return ["--locale=C", "--lc-ctype=C.UTF-8"]


def _remove_orphans(binaries: Path) -> None:
    """Stop clusters whose owner was killed before it could: their folders say whose they are."""
    if os.name == "nt":  # there a process cannot be asked whether it lives without a handle to it
        return
    for note in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/owner"):
        with contextlib.suppress(OSError, ValueError):
            try:
                os.kill(int(note.read_text(encoding="ascii")), 0)
            except ProcessLookupError:
                Cluster(note.parent, binaries, "", 0).stop()


def start_cluster(owner_pid: int) -> Cluster:
    """Make and start a cluster in a new temporary folder; it belongs to the process ``owner_pid``.

    Raises PostgresError where no PostgreSQL with PostGIS is installed or it does not start.
    """
    binaries = find_postgres()
    if binaries is None:
        raise PostgresError("PostgreSQL 15 or newer with PostGIS 3 is not installed: 'make test' installs it on Debian")
    _remove_orphans(binaries)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    (folder / "owner").write_text(str(owner_pid), encoding="ascii")
    account = _unprivileged()
    if account:
        os.chown(folder, account[1], account[2])
    on_socket = os.name != "nt" and len(os.fsencode(folder)) < SOCKET_PATH_LIMIT - len(".s.PGSQL.5432.lock")
    host = str(folder) if on_socket else "127.0.0.1"
    port = 5432 if on_socket else _free_port()
    cluster = Cluster(folder, binaries, host, port)
    try:
        data = folder / "data"
        cluster.run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync",
                    "--no-instructions", *_locale())  # fmt: skip
        settings = {
            **SETTINGS,
            "listen_addresses": "" if on_socket else host,
            "unix_socket_directories": host if on_socket else "",
            "port": str(port),
        }
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in settings.items())
        cluster.run("pg_ctl", "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "-t", "60", "start")
        cluster.execute(f"CREATE ROLE {OWNER} LOGIN")
        cluster.execute(f"CREATE DATABASE postgis_template OWNER {OWNER}")
        cluster.execute("CREATE EXTENSION postgis", "postgis_template")
    except BaseException:
        cluster.stop()
        raise
    return cluster


@contextlib.contextmanager
def private_postgres() -> Iterator[Cluster]:
    """Give a running private cluster and take it away afterwards, whatever happened."""
    cluster = start_cluster(os.getpid())
    try:
        yield cluster
    finally:
        cluster.stop()


@contextlib.contextmanager
def locked(path: Path, timeout_s: float = 120.0) -> Iterator[None]:
    """Hold a lock among processes: whoever makes the file has it."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except FileExistsError:
            if time.monotonic() > deadline:
                raise PostgresError(f"another process held {path.name} for more than {timeout_s:.0f} s") from None
            time.sleep(0.05)
    try:
        yield
    finally:
        path.unlink()


def shared_cluster(run_folder: Path, owner_pid: int) -> Cluster:
    """Return the one cluster of a test run, started by whichever process asks first.

    ``run_folder`` belongs to the run; its owner, the process ``owner_pid``, calls :func:`stop_shared_cluster` at the
    end.
    """
    note = run_folder / "postgres"
    with locked(run_folder / "postgres.lock"):
        if not note.exists():
            cluster = start_cluster(owner_pid)
            fields = [str(cluster.folder), str(cluster.binaries), cluster.host, str(cluster.port)]
            note.write_text("\n".join(fields), encoding="utf-8")
        folder, binaries, host, port = note.read_text(encoding="utf-8").split("\n")
    return Cluster(Path(folder), Path(binaries), host, int(port))


def stop_shared_cluster(run_folder: Path) -> None:
    """Stop the cluster of a test run, if one was started."""
    note = run_folder / "postgres"
    if note.exists():
        folder, binaries, host, port = note.read_text(encoding="utf-8").split("\n")
        Cluster(Path(folder), Path(binaries), host, int(port)).stop()
        note.unlink()

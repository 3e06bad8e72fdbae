"""Where the server may listen, the certificate it makes, and the demonstration."""

from __future__ import annotations

import socket
import ssl
import stat
import sys
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from gridmap.accounts.passwords import Passwords
from gridmap.bootstrap import open_register
from tests.web.client import visitor
from web import demo as demonstration
from web.app import create_app
from web.cli import application
from web.server import (
    CannotListenError,
    Listen,
    OpenAddressError,
    PortInUseError,
    TlsFilesError,
    check,
    is_loopback,
    settings_for,
)
from web.settings import Settings
from web.tls import CertificateExistsError, make_pair


@pytest.mark.parametrize(
    ("host", "alone"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("192.0.2.7", False),
        ("a.cn", False),
    ],
)
def test_which_addresses_only_this_computer_reaches(host: str, alone: bool) -> None:
    """Everything that is not surely loopback counts as open."""
    assert is_loopback(host) is alone


def test_an_open_address_needs_tls_or_a_proxy(tmp_path: Path) -> None:
    """Passwords do not travel in the clear."""
    with pytest.raises(OpenAddressError):
        check(Listen("0.0.0.0", 0))
    certificate, key = make_pair(tmp_path / "tls")
    check(Listen("0.0.0.0", 0, certificate, key))
    check(Listen("0.0.0.0", 0, behind_proxy=True))
    check(Listen("127.0.0.1", 0))


def test_certificate_and_key_come_together(tmp_path: Path) -> None:
    """One without the other, or a path that is wrong, is said before anything is opened."""
    certificate, key = make_pair(tmp_path)
    for listen in (Listen(tls_cert=certificate), Listen(tls_key=key), Listen(tls_cert=tmp_path / "no", tls_key=key)):
        with pytest.raises(TlsFilesError):
            check(listen)


def test_a_port_in_use_is_said() -> None:
    """Not a traceback of the event loop."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PortInUseError):
            check(Listen(port=taken.getsockname()[1]))


def test_cookies_and_host_names_follow_from_where_it_listens() -> None:
    """HTTPS binds cookies to it; on this computer only its own names are answered."""
    assert settings_for(Listen()).allowed_hosts == {"localhost", "127.0.0.1", "::1"}
    assert not settings_for(Listen()).secure
    proxied = settings_for(Listen(behind_proxy=True, host_names=("Map.Example.cn",)))
    assert proxied.secure
    assert proxied.allowed_hosts == {"map.example.cn"}


def test_the_pair_serves_and_its_key_is_private(tmp_path: Path) -> None:
    """Names and addresses are in it; it is not overwritten; browsers' limit of validity is kept."""
    certificate, key = make_pair(tmp_path, ["map.example.cn", "192.0.2.10"])
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    read = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = read.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "map.example.cn" in names.get_values_for_type(x509.DNSName)
    assert "192.0.2.10" in [str(address) for address in names.get_values_for_type(x509.IPAddress)]
    assert (read.not_valid_after_utc - read.not_valid_before_utc).days <= 398
    if sys.platform != "win32":
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(CertificateExistsError):
        make_pair(tmp_path)


def test_commands_say_what_is_wrong_in_a_sentence(tmp_path: Path) -> None:
    """A register that is not there, an open address: a sentence, a remedy, a code of its own."""
    runner = CliRunner()
    missing = runner.invoke(application(), ["serve", "--db", str(tmp_path / "no.gridmap")])
    assert missing.exit_code == 5
    assert "Traceback" not in missing.output
    opened = runner.invoke(application(), ["serve", "--db", "x", "--host", "0.0.0.0"])
    assert opened.exit_code == 3
    made = runner.invoke(application(), ["certificate", str(tmp_path / "tls"), "map.example.cn"])
    assert made.exit_code == 0, made.output
    assert (tmp_path / "tls" / "gridmap.crt").is_file()
    listed = runner.invoke(application(), ["--help"]).output
    assert all(name in listed for name in ("serve", "demo", "certificate", "import", "user"))


def test_the_demonstration_can_be_signed_in_to_and_gets_fresh_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every user of the demonstration enters with the password printed for them; the next start prints others."""
    served: list[tuple[str, Settings]] = []
    monkeypatch.setattr(
        demonstration.server, "run", lambda store, listen, settings: served.append((store.location, settings))
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    result = CliRunner().invoke(application(), ["demo", str(tmp_path), "--size", "small", "--port", port])
    assert result.exit_code == 0, result.output
    assert len(served) == 1
    printed = dict(line.split() for line in result.output.splitlines() if line.startswith("  "))
    assert set(printed) == set(demonstration.USERS)
    wanted = ["stats", "--db", served[0][0], "--level", "community", "--format", "csv"]
    counted = CliRunner().invoke(application(), wanted)
    assert counted.exit_code == 0, counted.output
    store = open_register(served[0][0])
    try:
        app = create_app(store, Settings())
        assert visitor(app).sign_in("street", printed["street"]).status_code == 303
        fresh = demonstration.renew_users(store, Passwords(cheap=True))
        assert set(fresh.values()).isdisjoint(printed.values())
        assert visitor(app).sign_in("street", printed["street"]).status_code == 401
        worker = visitor(app)
        assert worker.sign_in("worker", fresh["worker"]).status_code == 303
        page = worker.get("/map")
        assert page.status_code == 200
        assert 'data-kind="area"' in page.text
    finally:
        store.close()


def test_files_that_are_no_certificate_are_refused_before_serving(tmp_path: Path) -> None:
    """A text in their place is said before anything listens."""
    for name in ("a.crt", "a.key"):
        (tmp_path / name).write_text("no certificate", encoding="utf-8")
    with pytest.raises(TlsFilesError):
        check(Listen("0.0.0.0", 8600, tmp_path / "a.crt", tmp_path / "a.key"))


def test_an_address_of_another_computer_is_said_as_it_is() -> None:
    """The reason is the system's, not that another program uses the port."""
    with pytest.raises(CannotListenError) as caught:
        check(Listen("192.0.2.1", 8600, behind_proxy=True))
    assert caught.value.params["host"] == "192.0.2.1"

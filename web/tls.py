"""A pair of certificate and key that this server signs itself, for offices without a certificate authority."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gridmap.errors import GridmapError

VALID_DAYS: Final = 397
"""Browsers refuse certificates that are valid for longer (CA/Browser Forum, 2020)."""


class CertificateExistsError(GridmapError):
    """A file of that name is there already; a key is never overwritten."""

    code = "certificate_exists"
    message = "There is already a file {path}."
    hint = "Choose another folder, or move the old pair away."


def make_pair(folder: Path, names: Sequence[str] = (), *, days: int = VALID_DAYS) -> tuple[Path, Path]:
    """Make ``gridmap.crt`` and ``gridmap.key`` (mode 0600) in a folder for host names and addresses.

    Raises:
        CertificateExistsError: one of the files is there already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    certificate_path, key_path = folder / "gridmap.crt", folder / "gridmap.key"
    for path in (certificate_path, key_path):
        if path.exists():
            raise CertificateExistsError(path=str(path))
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, list(dict.fromkeys([*names, socket.gethostname(), "localhost", "127.0.0.1"])), days)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    descriptor = os.open(key_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def _certificate(key: ec.EllipticCurvePrivateKey, names: list[str], days: int) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([_general_name(text) for text in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _general_name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)

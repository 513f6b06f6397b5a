"""Certificates of a test's own, as PEM files: an authority, and servers that it vouches for."""

import datetime as dt
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from market_maker.clocks import WallClock
from market_maker.model.units import NANOS_PER_SECOND

DAY = dt.timedelta(days=1)
LOOPBACK = ipaddress.ip_address("127.0.0.1")


class Authority:
    """certificate: its file, for those who trust it."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, _name(name)
        self._key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(self._name, self._key, days=10, authority=True)
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(made.public_bytes(Encoding.PEM))

    def server(self, name: str, days: int = 10) -> Path:
        """A file with a key and its certificate, for 127.0.0.1. days: until it ends, below 0 for
        one that has ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = self._certificate(_name(name), key, days=days, authority=False)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path = self._folder / f"{name}.pem"
        path.write_bytes(secret + made.public_bytes(Encoding.PEM))
        return path

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int, authority: bool
    ) -> x509.Certificate:
        seconds = WallClock().now() / NANOS_PER_SECOND
        now = dt.datetime.fromtimestamp(seconds, dt.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 20 * DAY)
            .not_valid_after(now + days * DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(LOOPBACK)]), critical=False)
            .sign(self._key, SHA256())
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

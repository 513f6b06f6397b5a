"""How a broker is reached: addresses, encryption, credentials."""

import ssl
from pathlib import Path
from typing import Any

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
TLS = ("SSL", "SASL_SSL")
PROTOCOL = "KAFKA_SECURITY_PROTOCOL"
CA_FILE = "KAFKA_SSL_CA_FILE"
CERTIFICATE_FILE = "KAFKA_SSL_CERTIFICATE_FILE"
KEY_FILE = "KAFKA_SSL_KEY_FILE"


class Brokers(Struct, frozen=True, kw_only=True):
    """addresses: host:port, separated by commas. protocol: one of PROTOCOLS. mechanism, username,
    password: for the SASL ones. ca_file: whose certificates are trusted, None for the system's;
    certificate_file, key_file: our own, where the broker wants one."""

    addresses: str
    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def options(self) -> dict[str, Any]:
        """For librdkafka. Raises InvalidFieldError for settings that do not fit together."""
        if self.protocol.startswith("SASL") and not (self.username and self.password):
            raise InvalidFieldError(
                "KAFKA_SASL_USERNAME",
                self.username,
                f"set, with KAFKA_SASL_PASSWORD, for {PROTOCOL}={self.protocol}",
            )
        given = {
            "bootstrap.servers": self.addresses,
            "security.protocol": self.protocol,
            "sasl.mechanism": self.mechanism if self.protocol.startswith("SASL") else None,
            "sasl.username": self.username,
            "sasl.password": self.password,
            "ssl.ca.location": _text(self.ca_file),
            "ssl.certificate.location": _text(self.certificate_file),
            "ssl.key.location": _text(self.key_file),
        }
        # librdkafka would write every failed attempt to connect to standard error.
        return {"log_level": 0} | {name: value for name, value in given.items() if value}

    def check_files(self) -> None:
        """Raises InvalidFieldError for a file that is not what it should be, or that nothing
        reads."""
        files = {
            CA_FILE: self.ca_file,
            CERTIFICATE_FILE: self.certificate_file,
            KEY_FILE: self.key_file,
        }
        for variable, file in files.items():
            if file is not None and self.protocol not in TLS:
                allowed = f"unset, or {PROTOCOL}={' or '.join(TLS)}"
                raise InvalidFieldError(variable, str(file), allowed)
        if self.ca_file is not None:
            _check_authorities(self.ca_file)
        if self.certificate_file is None and self.key_file is None:
            return
        if self.certificate_file is None:
            raise InvalidFieldError(CERTIFICATE_FILE, None, f"set with {KEY_FILE}")
        if self.key_file is None:
            raise InvalidFieldError(KEY_FILE, None, f"set with {CERTIFICATE_FILE}")
        _check_pair(self.certificate_file, self.key_file)


def _check_authorities(file: Path) -> None:
    """A folder is searched when it is needed."""
    if file.is_dir():
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (OSError, ValueError) as error:
        allowed = f"a file of certificates in PEM ({_why(error)})"
        raise InvalidFieldError(CA_FILE, str(file), allowed) from None


def _check_pair(certificate: Path, key: Path) -> None:
    """A password is not asked for: a key that has one is refused."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_cert_chain(certificate, key, password="")
    except (OSError, ValueError) as error:
        allowed = (
            f"a certificate in PEM, whose key, without password, is {KEY_FILE} ({_why(error)})"
        )
        raise InvalidFieldError(CERTIFICATE_FILE, str(certificate), allowed) from None


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) or not isinstance(error, OSError):
        return "it is another one"
    return (error.strerror or type(error).__name__).lower()


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)

"""How a broker is reached: addresses, encryption, credentials."""

from pathlib import Path
from typing import Any

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError

PROTOCOLS = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")


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
                f"set, with KAFKA_SASL_PASSWORD, for KAFKA_SECURITY_PROTOCOL={self.protocol}",
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


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)

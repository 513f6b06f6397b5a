"""TLS to the metadata service: whose certificates are accepted, and our own where it wants one."""

import re
import ssl
from pathlib import Path

import grpc
from msgspec import Struct

from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError, InvalidFieldError

TLS = "METADATA_SERVICE_GRPC_TLS"
CERTIFICATE_FILE = "METADATA_SERVICE_GRPC_CERTIFICATE_FILE"
KEY_FILE = "METADATA_SERVICE_GRPC_KEY_FILE"
PEM_BYTES_MAX = 1_000_000

_REFUSED = re.compile(r"CERTIFICATE_VERIFY_FAILED: ([a-zA-Z ]+)")


class ChannelTls(Struct, frozen=True, kw_only=True):
    """PEM files. ca_file: None for the authorities that gRPC brings. certificate_file, key_file:
    both or none."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def credentials(self) -> grpc.ChannelCredentials:
        """Raises InvalidFieldError for one of the two without the other, InvalidDataError for a
        file that cannot be read or is not what it should be."""
        own = self._own()
        roots = None if self.ca_file is None else read_document(self.ca_file, PEM_BYTES_MAX)
        if roots is not None:
            _check_roots(str(self.ca_file), roots)
        certificate, key = own or (None, None)
        return grpc.ssl_channel_credentials(roots, key, certificate)

    def _own(self) -> tuple[bytes, bytes] | None:
        """Our certificate and its key."""
        if self.certificate_file is None and self.key_file is None:
            return None
        if self.certificate_file is None:
            raise InvalidFieldError(CERTIFICATE_FILE, None, f"set with {KEY_FILE}")
        if self.key_file is None:
            raise InvalidFieldError(KEY_FILE, None, f"set with {CERTIFICATE_FILE}")
        pair = tuple(
            read_document(f, PEM_BYTES_MAX) for f in (self.certificate_file, self.key_file)
        )
        try:
            # A password is not asked for: a key that has one is refused.
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_cert_chain(self.certificate_file, self.key_file, password="")
        except (ssl.SSLError, ValueError):
            problem = (
                f"is no certificate in PEM, or {self.key_file} is not its key (without password)"
            )
            raise InvalidDataError(str(self.certificate_file), problem) from None
        return pair[0], pair[1]


def _check_roots(name: str, content: bytes) -> None:
    try:
        ssl.create_default_context(cadata=content.decode("ascii"))
    except (ssl.SSLError, ValueError):
        raise InvalidDataError(name, "holds no certificate in PEM") from None


def why_closed(details: str, *, is_tls: bool) -> str:
    """What gRPC says of a connection that did not come about, in plain words; empty where it says
    nothing about TLS."""
    refused = _REFUSED.search(details)
    if refused is not None:
        return f"its certificate is refused: {refused[1].lower()}"
    if "Hostname Verification Check failed" in details:
        return "its certificate is of another name"
    if "handshake failed" in details.lower():
        return f"it has no TLS ({TLS})"
    if "Socket closed" not in details:
        return ""
    if is_tls:
        return f"it hangs up: it may want a certificate of ours ({CERTIFICATE_FILE})"
    return f"it hangs up: it may want TLS ({TLS})"

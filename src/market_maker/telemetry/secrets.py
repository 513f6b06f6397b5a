"""What never leaves the process: all that resembles a key, a token or a password.

Redaction is the second line. The first is that no code logs a header, an environment or a body.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

REDACTED = "[redacted]"
KNOWN_LENGTH_MIN = 6
"""A known secret that is shorter would redact ordinary words; no real one is."""
TEXT_LENGTH_MAX = 4_000
ITEMS_MAX = 100
DEPTH_MAX = 6
CUT = "…"

_NAMES = re.compile(
    r"authori[sz]ation|token(?!_id)|secret|passw|private.?key|api.?key|cookie|credential"
    r"|signature|_url$|dsn",
    re.IGNORECASE,
)

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    # PEM: keys and certificates.
    (re.compile(r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|\Z)", re.DOTALL), REDACTED),
    # JSON web tokens, whole or cut.
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){0,2}"), REDACTED),
    (re.compile(r"\b(bearer|basic)\s+[^\s\"',;]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    # The user and the password in an address.
    (re.compile(r"(?<=://)[^/\s@]+@"), f"{REDACTED}@"),
    # password=..., "token": "...", api_key: ...
    (
        re.compile(
            r"\b([\w.-]*(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key))"
            r"([\"']?\s*[=:]\s*[\"']?)[^\s&\"',;)}\]]+",
            re.IGNORECASE,
        ),
        rf"\1\2{REDACTED}",
    ),
    # A private key of an Ethereum-like wallet, or a signature made with one.
    (re.compile(r"\b0x[0-9a-fA-F]{64,}\b"), REDACTED),
)


class Redactor:
    """Takes secrets out of what is about to be written. known: the secrets of this process, to be
    found wherever they turn up."""

    def __init__(self, known: Sequence[str] = ()) -> None:
        wanted = [secret for secret in known if len(secret) >= KNOWN_LENGTH_MIN]
        longest_first = sorted(wanted, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if wanted else None

    def text(self, text: str) -> str:
        """Without secrets, and not longer than TEXT_LENGTH_MAX."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for shape, instead in _SHAPES:
            text = shape.sub(instead, text)
        return text if len(text) <= TEXT_LENGTH_MAX else text[:TEXT_LENGTH_MAX] + CUT

    def fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The same with every value free of secrets."""
        return {
            self.text(name): REDACTED if _NAMES.search(name) else self._value(value, DEPTH_MAX)
            for name, value in list(fields.items())[:ITEMS_MAX]
        }

    def _value(self, value: object, depth: int) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if depth == 0:
            return CUT
        if isinstance(value, Mapping):
            inner = {str(name): item for name, item in list(value.items())[:ITEMS_MAX]}
            return {
                self.text(name): REDACTED if _NAMES.search(name) else self._value(item, depth - 1)
                for name, item in inner.items()
            }
        if isinstance(value, list | tuple):
            return [self._value(item, depth - 1) for item in value[:ITEMS_MAX]]
        return self.text(str(value))

"""An error as a line on a terminal: no key that was typed in the wrong place, no control character
that a venue has answered."""

import re
from collections.abc import Sequence

WITH_HASHES = ("audit", "backup", "sweep")
"""Commands that may name a hash, which has the form of a key. In any place of the others a key may
have been typed by mistake."""

_KEY = re.compile(r"(?<![0-9a-fA-F])(?:0[xX])?(?:[0-9a-fA-F]{64}(?![0-9a-fA-F])|[0-9a-fA-F]{48,}…)")
"""Also one that was cut to a length that can be shown."""

HIDDEN = "(hidden)"


def one_line(message: str, arguments: Sequence[str]) -> str:
    """For a terminal: the venue's own words may hold line ends and control characters."""
    line = " ".join(message.split())
    if not arguments or arguments[0] not in WITH_HASHES:
        line = without_keys(line)
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in line
    )


def without_keys(text: str) -> str:
    """What has the form of a private key is hidden."""
    return _KEY.sub(HIDDEN, text)

"""Private keys of venues, from a setting or from a file that its owner alone may read."""

from pathlib import Path

from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.venues.hyperliquid.keys import SigningKey

KEY_BYTES_MAX = 1_000
OTHERS = 0o077


def hyperliquid_key(variable: str, text: str | None, file: Path | None) -> SigningKey | None:
    """The key in the setting `variable`, or in the file that `variable`_FILE names; None without
    either. Raises InvalidFieldError for both, or for what is no key, and InvalidDataError for a
    file that cannot be read or that others can read; none of them shows it."""
    if text is not None and file is not None:
        raise InvalidFieldError(f"{variable}_FILE", str(file), f"unset, for {variable} is set")
    if file is not None:
        content = read_document(file, KEY_BYTES_MAX)
        mode = file.stat().st_mode & 0o777
        if mode & OTHERS:
            problem = f"holds a private key and others may read it (mode {mode:o})"
            raise InvalidDataError(str(file), f"{problem}: chmod 600 {file}")
        text = content.decode("ascii", "replace").strip()
    if text is None:
        return None
    try:
        return SigningKey.from_text(text)
    except InvalidFieldError as error:
        named = variable if file is None else f"{variable}_FILE"
        raise InvalidFieldError(named, error.value, error.allowed) from None

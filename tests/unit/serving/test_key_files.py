"""Private keys come from a setting or from a file of its owner alone, and are never shown."""

import pytest

from market_maker.model.errors import DomainError
from market_maker.serving.key_files import hyperliquid_key
from market_maker.venues.hyperliquid.keys import SigningKey

KEY = "07" * 32


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "key"
    path.touch(0o600)
    path.write_text(f"0x{KEY}\n")
    return path


def test_a_key_comes_from_either(file):
    address = SigningKey.from_text(KEY).address
    assert hyperliquid_key("K", KEY, None).address == address
    assert hyperliquid_key("K", None, file).address == address
    assert hyperliquid_key("K", None, None) is None


def test_both_at_once_and_a_file_that_others_read_are_refused(file):
    with pytest.raises(DomainError, match="K_FILE"):
        hyperliquid_key("K", KEY, file)
    file.chmod(0o640)
    with pytest.raises(DomainError, match="mode 640") as refused:
        hyperliquid_key("K", None, file)
    assert KEY not in str(refused.value)


def test_what_is_no_key_is_refused_without_showing_it(file):
    file.write_text("my secret words")
    with pytest.raises(DomainError, match="64 hex digits") as refused:
        hyperliquid_key("K", None, file)
    assert "secret words" not in str(refused.value)

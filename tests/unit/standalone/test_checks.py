"""What is said of a setting and of a key."""

from market_maker.standalone.checks import checked_key, shown_setting
from market_maker.standalone.settings import OPTIONS, MakerSettings, Secret

KEY = "11" * 32


def test_settings_are_shown_without_the_key():
    url = f"https://u:{KEY}@example.org"
    settings = MakerSettings(private_key=Secret(KEY), network=url)
    shown = {option.field: shown_setting(settings, option) for option in OPTIONS}
    assert shown["private_key"] == "(hidden)"
    assert shown["network"] == "https://example.org"
    assert shown["leverage"] == "-"
    assert shown["force_isolated"] == "false"
    assert shown["target_liquidity"] == "0.01"


def test_a_key_is_checked_without_showing_it():
    assert not checked_key(MakerSettings(private_key=Secret(KEY)))
    bad = checked_key(MakerSettings(private_key=Secret(KEY[:-2])))
    assert "64 hex digits" in bad
    assert "1111" not in bad
    assert checked_key(MakerSettings()).startswith("warning: Private key not set")

from decimal import Decimal

import pytest

from market_maker.config import load_pool_config
from market_maker.model.errors import InvalidDataError, InvalidFieldError


def _file(tmp_path, text):
    path = tmp_path / "pool.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_numbers_keep_the_digits_they_are_written_with(tmp_path):
    path = _file(tmp_path, "gamma = 0.100000000001\nkappa = 2\ntau = 1.50\n")
    config = load_pool_config(path, "BTCUSDT")
    assert config.gamma == Decimal("0.100000000001")
    assert config.kappa == Decimal(2)
    assert str(config.tau) == "1.50"


def test_an_exponent_is_the_number_it_stands_for(tmp_path):
    path = _file(tmp_path, "order_size_usdt = 1e3\ngamma = 5e-2\n")
    config = load_pool_config(path, "BTCUSDT")
    assert (config.order_size_usdt, config.gamma) == (1000, Decimal("0.05"))


def test_a_strategy_gets_its_numbers_as_floats(tmp_path):
    path = _file(tmp_path, "[strategy_params]\nhalf_spread_bps = 2.5\n")
    value = load_pool_config(path, "BTCUSDT").strategy_params["half_spread_bps"]
    assert (type(value), value) == (float, 2.5)


def test_a_file_without_a_symbol_serves_any(tmp_path):
    assert load_pool_config(_file(tmp_path, ""), "ETHUSDT").symbol == "ETHUSDT"


def test_a_file_for_another_symbol_is_refused(tmp_path):
    path = _file(tmp_path, 'symbol = "BTCUSDT"\n')
    with pytest.raises(InvalidFieldError, match=r"symbol: 'BTCUSDT' is not allowed.*ETHUSDT"):
        load_pool_config(path, "ETHUSDT")


def test_members_are_tables(tmp_path):
    text = """
    [[members]]
    participant_id = "alice"
    capital_weight_pct = 62.5
    position_limit_usdt = 1000
    max_loss_usdt = 10
    """
    (member,) = load_pool_config(_file(tmp_path, text), "BTCUSDT").members
    assert member.participant_id == "alice"
    assert member.capital_weight_pct == Decimal("62.5")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gama = 1", "gama"),
        ("gamma = -0.1", "gamma"),
        ("gamma = nan", "gamma"),
        ("gamma = inf", "gamma"),
        ("gamma = 1e999999999999", "gamma"),
        ("gamma = 0.1234567890123", "gamma"),
        ('gamma = "lots"', "gamma"),
        ("order_size_usdt = -5", "order_size_usdt"),
        ("num_levels = 0", "num_levels"),
        ("num_levels = 1000", "num_levels"),
        ("num_levels = 1.5", "num_levels"),
        ("enabled = 1", "enabled"),
        ("min_spread_bps = 60\nmax_spread_bps = 50", "min_spread_bps"),
        ("members = 3", "members"),
        ("members = [3]", "members[0]"),
        ("strategy_params = {x = [1]}", "strategy_params.x"),
        ("num_levels = 0x" + "f" * 10_000, "num_levels"),
        ("gamma = 0x" + "f" * 10_000, "gamma"),
        ('[[members]]\nparticipant_id = "a"', "members[0].capital_weight_pct"),
        ("[gamma]\nx = 1", "gamma"),
    ],
)
def test_a_bad_field_is_named_with_what_is_allowed(tmp_path, text, named):
    with pytest.raises(InvalidFieldError) as refusal:
        load_pool_config(_file(tmp_path, text), "BTCUSDT")
    assert refusal.value.field == named
    assert refusal.value.allowed
    assert "\n" not in str(refusal.value)


def test_broken_toml_is_refused_with_file_and_line(tmp_path):
    path = _file(tmp_path, "gamma = 0.1\nkappa = = 2\n")
    with pytest.raises(InvalidDataError, match=r"pool\.toml: is not valid TOML: .*line 2"):
        load_pool_config(path, "BTCUSDT")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"PK\x03\x04\x9c\x00"])
def test_a_binary_file_is_refused(tmp_path, content):
    with pytest.raises(InvalidDataError, match=r"pool\.toml"):
        load_pool_config(_file(tmp_path, content), "BTCUSDT")


@pytest.mark.parametrize("text", ["gamma = " + "[" * 5_000, "num_levels = " + "9" * 5_000])
def test_what_the_reader_cannot_take_is_refused(tmp_path, text):
    with pytest.raises(InvalidDataError, match=r"pool\.toml: "):
        load_pool_config(_file(tmp_path, text), "BTCUSDT")


def test_the_mark_that_some_editors_put_first_is_passed_over(tmp_path):
    config = load_pool_config(_file(tmp_path, b"\xef\xbb\xbfgamma = 0.5"), "BTCUSDT")
    assert config.gamma == Decimal("0.5")


def test_a_missing_field_says_what_it_may_be(tmp_path):
    text = '[[members]]\nparticipant_id = "a"'
    expected = r"^members\[0\]\.capital_weight_pct: missing; a number above 0 to 100 per cent$"
    with pytest.raises(InvalidFieldError, match=expected):
        load_pool_config(_file(tmp_path, text), "BTCUSDT")


def test_a_number_is_shown_as_it_was_written(tmp_path):
    expected = "num_levels: 1000 is not allowed; allowed: a whole number from 1 to 20 levels"
    with pytest.raises(InvalidFieldError, match=expected):
        load_pool_config(_file(tmp_path, "num_levels = 1000"), "BTCUSDT")


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    with pytest.raises(InvalidDataError, match=r"nowhere\.toml: cannot be read"):
        load_pool_config(tmp_path / "nowhere.toml", "BTCUSDT")
    with pytest.raises(InvalidDataError, match="cannot be read"):
        load_pool_config(tmp_path, "BTCUSDT")

"""Where a setting comes from: the command line, then the environment, then .env, then the file."""

from decimal import Decimal
from pathlib import Path

import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.standalone.sources import Sources, env_file, flag_of, key_text, settle

KEY = "11" * 32


@pytest.fixture
def given(tmp_path):
    """A function that settles files and variables."""

    def settled(toml="", env="", flags=None, environ=None, mode=0o600, named=True):
        config, dotenv = tmp_path / "market_maker.toml", tmp_path / ".env"
        if toml:
            config.write_text(toml)
            config.chmod(mode)
        if env:
            dotenv.write_text(env)
            dotenv.chmod(mode)
        sources = Sources(flags or {}, environ or {}, config, named and bool(toml), dotenv)
        return settle(sources)

    return settled


FILE = """
[network]
base_url = "mainnet"
[trading]
asset = "SOL"
risk_aversion = 0.5
leverage = 3
max_absolute_position_size = 7
[strategy.ladder_config]
num_levels = 3
geometric_spacing = false
"""


def test_each_setting_is_from_the_first_source_that_has_it(given):
    settled = given(
        FILE,
        "HYPERLIQUID_ASSET=ETH\nHYPERLIQUID_RISK_AVERSION='0.6'\nHYPERLIQUID_LEVERAGE=4 # not 5\n",
        {"risk_aversion": "0.8"},
        {"HYPERLIQUID_RISK_AVERSION": "0.7", "HYPERLIQUID_ASSET": "BTC"},
    )
    settings = settled.settings
    assert (settings.risk_aversion, settings.asset) == (Decimal("0.8"), "BTC")
    assert (settings.leverage, settings.max_position) == (4, Decimal(7))
    assert (settings.num_levels, settings.geometric_spacing) == (3, False)
    assert settled.origins["risk_aversion"] == "command line"
    assert settled.origins["asset"] == "environment"
    assert settled.origins["leverage"].endswith(".env")
    assert settled.origins["network"].endswith("market_maker.toml")
    assert "metrics_port" not in settled.origins


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[trading]\nrisk_aversoin = 1\n", "the nearest is trading.risk_aversion"),
        ('asset = "BTC"\n', "the nearest is trading.asset"),
        ("[kill_swich]\nmax_drawdown = 1\n", "no key kill_swich"),
        ("[trading]\nzzz = 1\n", "generate-config"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(given, toml, said):
    with pytest.raises(InvalidDataError, match=said):
        given(toml)


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[trading]\nleverage = 2.5\n", "trading.leverage: 2.5"),
        ("[trading]\nleverage = true\n", "trading.leverage: true"),
        ("[trading]\nasset = 5\n", "trading.asset: 5"),
        ("[strategy.ladder_config]\ngeometric_spacing = 2\n", "geometric_spacing: 2"),
        ("[monitoring]\nmetrics_port = 70000\n", "monitoring.metrics_port: 70000"),
        ('[trading]\nrisk_aversion = "much"\n', "'much'"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(given, toml, said):
    with pytest.raises(InvalidFieldError, match=said):
        given(toml)


def test_a_key_of_the_wrong_kind_is_not_shown(given):
    with pytest.raises(InvalidFieldError) as refused:
        given(f"[network]\nprivate_key = {int(KEY[:15])}\n")
    assert KEY[:15] not in str(refused.value)


@pytest.mark.parametrize("text", ["1e999999999", "-1e999999999", "1e-999999999", "2.5"])
def test_a_whole_number_of_a_billion_digits_is_refused_at_once(given, text):
    with pytest.raises(InvalidFieldError, match="--leverage"):
        given(flags={"leverage": text})
    with pytest.raises(InvalidFieldError, match=r"trading\.leverage"):
        given(f"[trading]\nleverage = {text}\n")


def test_a_whole_number_may_be_written_with_a_point_or_an_exponent(given):
    assert given("[trading]\nleverage = 20.0\n").settings.leverage == 20
    assert given("[trading]\nleverage = 1e1\n").settings.leverage == 10
    assert given(environ={"HYPERLIQUID_LEVERAGE": "20.0"}).settings.leverage == 20


@pytest.mark.parametrize("text", ["nan", "inf", "many", ""])
def test_a_number_of_the_command_line_is_finite(given, text):
    with pytest.raises(InvalidFieldError, match="--target-liquidity"):
        given(flags={"target_liquidity": text})


def test_a_file_that_was_named_must_be_there_and_one_that_was_not_need_not(tmp_path):
    missing = tmp_path / "none.toml"
    with pytest.raises(InvalidDataError, match="Config file not found"):
        settle(Sources({}, {}, missing, named=True, env_file=missing))
    settled = settle(Sources({}, {}, missing, env_file=missing))
    assert any("defaults are used" in note for note in settled.notes)


@pytest.mark.parametrize(
    "files", [{"env": f"HYPERLIQUID_PRIVATE_KEY={KEY}"}, {"toml": f'network.private_key="{KEY}"'}]
)
def test_a_file_with_a_key_that_others_can_read_is_refused(given, files):
    assert given(**files).settings.private_key.reveal() == KEY
    with pytest.raises(InvalidDataError, match="chmod 600") as refused:
        given(**files, mode=0o644)
    assert KEY not in str(refused.value)


def test_the_key_is_read_from_a_file_of_its_own(tmp_path, given):
    path = tmp_path / "key"
    path.write_text(f"0x{KEY}\n")
    path.chmod(0o600)
    settings = given(flags={"private_key_file": str(path)}).settings
    assert key_text(settings).reveal() == f"0x{KEY}"
    path.chmod(0o640)
    with pytest.raises(InvalidDataError, match="others may read it"):
        key_text(settings)


def test_a_key_given_nearer_goes_before_a_file_given_further_away(given):
    settings = given(
        environ={"HYPERLIQUID_PRIVATE_KEY": KEY}, toml='network.private_key_file = "x"'
    ).settings
    assert key_text(settings).reveal() == KEY
    with pytest.raises(InvalidFieldError, match="one of"):
        given(flags={"private_key": KEY, "private_key_file": "x"})


def test_no_key_is_said_in_the_words_of_the_sop(given):
    with pytest.raises(InvalidDataError, match="Private key not set"):
        key_text(given().settings)


def test_rust_log_is_answered_with_the_option_to_use(given):
    notes = given(environ={"RUST_LOG": "hyperliquid_rust_sdk::market_maker=debug"}).notes
    assert any("use --log-level debug" in note for note in notes)
    notes = given(environ={"HYPERLIQUID_ASSETS": "BTC"}).notes
    assert any("the nearest is HYPERLIQUID_ASSET" in note for note in notes)
    notes = given(env=f"HYPERLIQUID_PRIVATE_KYE={KEY}").notes
    assert any("the nearest is HYPERLIQUID_PRIVATE_KEY" in note for note in notes)
    assert KEY not in "".join(notes)


def test_a_line_of_the_env_file_that_is_none_is_named_and_not_shown(tmp_path):
    path = tmp_path / ".env"
    path.write_text('# comment\n\nexport A="x # y"\nB=1 # one\nsecret of mine\n')
    with pytest.raises(InvalidDataError, match="line 5") as refused:
        env_file(path)
    assert "mine" not in str(refused.value)
    path.write_text('export A="x # y"\nB=1 # one\n')
    assert env_file(path) == {"A": "x # y", "B": "1"}


def test_a_field_is_called_by_its_flag_or_its_key():
    assert flag_of("asset") == "--asset"
    assert flag_of("num_levels") == "strategy.ladder_config.num_levels"


def test_paths_are_paths(given):
    assert given(flags={"log_dir": "x/y"}).settings.log_dir == Path("x/y")
    with pytest.raises(InvalidFieldError, match="--log-dir"):
        given(flags={"log_dir": "a\0b"})

"""What the stand-alone maker runs with, and where each setting can be given.

One table, OPTIONS, is read by the command line, the environment, `.env`, the file and the generated
file alike. Source: SOP sections 4.2 and 4.3; settings that it does not have are marked by their
section.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, NoReturn

from msgspec import Struct
from typing_extensions import override

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import (
    check_fields,
    choice,
    line,
    meaning,
    number,
    positive,
)

CONFIG_NAME = Path("market_maker.toml")
STATE_DIR = Path("~/.local/state/market_maker")
PREFIX = "HYPERLIQUID_"
NETWORKS = ("mainnet", "testnet", "localhost")
STRATEGIES = ("symmetric", "inventory_aware", "glft", "ladder")
LOG_LEVELS = ("trace", "debug", "info", "warn", "error")
LOG_FORMATS = ("pretty", "json", "compact")


class Secret:
    """A text that is never shown."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the signer."""
        return self._text

    @override
    def __repr__(self) -> str:
        return "(hidden)"

    def __reduce__(self) -> NoReturn:  # type: ignore[explicit-override]  # needs 3.12
        raise TypeError("a secret is not copied to where it might be read")


class MakerSettings(Struct, frozen=True, kw_only=True):
    """Everything that can be set. Raises InvalidFieldError, so an invalid one never exists.

    network: a name or a URL. account: "" is the key's own. leverage: None is the most that the
    market allows; decimals: None is what its grid has. Sizes are in the asset, money is in the
    collateral of the market's dex.
    """

    network: Annotated[
        str, line(200, "Where to trade: mainnet, testnet, localhost, or a URL.", shortest=1)
    ] = "testnet"
    private_key: Annotated[
        Secret | None, meaning("Private key of the account, or of an agent that it approved.")
    ] = None
    private_key_file: Annotated[
        Path | None, meaning("A file with the private key, readable by its owner alone.")
    ] = None
    account: Annotated[
        str, line(42, "A vault or sub-account to trade for, instead of the key's own account.")
    ] = ""
    start_within_secs: Annotated[
        int,
        number(
            "0",
            "86400",
            "seconds; 0 tries once",
            "How long a start waits for a venue that does not answer.",
        ),
    ] = 300

    asset: Annotated[str, line(32, "What to trade: BTC, ETH, hyna:BTC, ...", shortest=1)] = "BTC"
    target_liquidity: Annotated[
        Decimal, positive("1000000000", "of the asset", "Order size per side.")
    ] = Decimal("0.01")
    risk_aversion: Annotated[
        Decimal, positive("100", "", "Gamma: 0.1 is aggressive, 1.0 very conservative.")
    ] = Decimal("0.3")
    max_bps_diff: Annotated[
        Decimal, number("0", "1000", "bps", "Least change of price that moves an order.")
    ] = Decimal(5)
    max_position: Annotated[
        Decimal,
        positive("1000000000", "of the asset", "Position from which orders only reduce it."),
    ] = Decimal("0.05")
    leverage: Annotated[
        int | None, number("1", "100", "", "Leverage; the most that the market allows if not set.")
    ] = None
    decimals: Annotated[
        int | None,
        number("0", "8", "decimals", "Decimals of our prices; as fine as the market if not set."),
    ] = None

    dex: Annotated[str, line(64, "A builder's dex (HIP-3) by name or full name.")] = ""
    initial_isolated_margin: Annotated[
        Decimal,
        number(
            "0",
            "1000000000",
            "of the collateral; 0 turns it off",
            "Margin that is added to an isolated position after its first fill.",
        ),
    ] = Decimal(1000)
    force_isolated: Annotated[
        bool, meaning("Isolated margin also where the market allows cross margin.")
    ] = False

    strategy_type: Annotated[str, choice(STRATEGIES, "How quotes are found.")] = "ladder"
    estimation_window_secs: Annotated[
        int, number("10", "86400", "seconds", "Rolling window of the estimates.")
    ] = 300
    min_trades: Annotated[
        int, number("0", "100000", "trades", "Trades seen before quoting begins.")
    ] = 50
    lead_asset: Annotated[
        str, line(32, "Another market, whose price may lead ours: a term of the forecast.")
    ] = ""
    warmup_decay_secs: Annotated[
        int,
        number(
            "0",
            "86400",
            "seconds; 0 turns it off",
            "Time over which doubled caution at the first quote fades away.",
        ),
    ] = 300
    num_levels: Annotated[int, number("1", "20", "levels", "Price levels per side.")] = 5
    min_depth_bps: Annotated[
        Decimal, number("0.001", "5000", "bps", "Distance of the closest level from the middle.")
    ] = Decimal(5)
    max_depth_bps: Annotated[
        Decimal, number("0.001", "5000", "bps", "Distance of the farthest level from the middle.")
    ] = Decimal(50)
    geometric_spacing: Annotated[
        bool, meaning("Geometric steps between levels instead of equal ones.")
    ] = True

    max_daily_loss: Annotated[
        Decimal,
        positive("1000000000", "of the collateral", "Loss of the session that stops the maker."),
    ] = Decimal(500)
    max_drawdown: Annotated[
        Decimal, positive("1", "of the peak", "Drop of the equity that stops the maker.")
    ] = Decimal("0.05")
    max_position_value: Annotated[
        Decimal,
        positive("1000000000", "of the collateral", "Value of the position that stops the maker."),
    ] = Decimal(10_000)
    stale_data_threshold_secs: Annotated[
        Decimal, number("1", "3600", "seconds", "Time without market data that stops the maker.")
    ] = Decimal(5)
    max_rate_limit_errors: Annotated[
        int, number("1", "10000", "in a minute", "Rate-limit errors that stop the maker.")
    ] = 10

    log_level: Annotated[str, choice(LOG_LEVELS, "The least level that is logged.")] = "info"
    log_format: Annotated[str, choice(LOG_FORMATS, "The form of a line of the log.")] = "pretty"
    log_file: Annotated[Path | None, meaning("Log to this file, appended to.")] = None
    multi_stream_logs: Annotated[
        bool, meaning("Log to three files a day: operational, diagnostic, errors.")
    ] = False
    log_dir: Annotated[Path, meaning("Folder of those three files.")] = Path("logs")

    metrics_port: Annotated[
        int, number("0", "65535", "; 0 turns it off", "Port of the Prometheus metrics.")
    ] = 9090
    enable_http_metrics: Annotated[bool, meaning("Whether metrics are served at all.")] = True
    state_dir: Annotated[
        Path,
        meaning("Folder of nonces, locks and sessions: one for all makers of a machine."),
    ] = STATE_DIR

    def __post_init__(self) -> None:
        check_fields(self)
        if self.target_liquidity > self.max_position:
            allowed = f"at most max_absolute_position_size ({self.max_position})"
            raise InvalidFieldError("target_liquidity", self.target_liquidity, allowed)
        if self.min_depth_bps > self.max_depth_bps:
            allowed = f"at most max_depth_bps ({self.max_depth_bps})"
            raise InvalidFieldError("min_depth_bps", self.min_depth_bps, allowed)
        self._check_network()

    def _check_network(self) -> None:
        if self.network not in {*NETWORKS, "local"} and "://" not in self.network:
            allowed = f"{', '.join(NETWORKS)}, or a URL such as http://localhost:3001"
            shown = "(hidden)" if "@" in self.network else self.network
            raise InvalidFieldError("network", shown, allowed)


class Option(Struct, frozen=True):
    """One setting and where it is given. field: of MakerSettings. key: section and key in the file.
    flag: on the command line, "" for none. kind: of its value, in the words of the SOP."""

    field: str
    key: str
    flag: str = ""
    kind: str = "STRING"

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return PREFIX + self.field.upper()

    @property
    def is_switch(self) -> bool:
        """Whether its flag takes no value."""
        return self.kind == "FLAG"


OPTIONS: tuple[Option, ...] = (
    Option("network", "network.base_url", "--network"),
    Option("private_key", "network.private_key", "--private-key"),
    Option("private_key_file", "network.private_key_file", "--private-key-file", "PATH"),
    Option("account", "network.account", "--account"),
    Option("start_within_secs", "network.start_within_secs"),
    Option("asset", "trading.asset", "--asset"),
    Option("target_liquidity", "trading.target_liquidity", "--target-liquidity", "FLOAT"),
    Option("risk_aversion", "trading.risk_aversion", "--risk-aversion", "FLOAT"),
    Option("max_bps_diff", "trading.max_bps_diff", "--max-bps-diff", "FLOAT"),
    Option("max_position", "trading.max_absolute_position_size", "--max-position", "FLOAT"),
    Option("leverage", "trading.leverage", "--leverage", "INT"),
    Option("decimals", "trading.decimals", "--decimals", "INT"),
    Option("dex", "hip3.dex", "--dex"),
    Option(
        "initial_isolated_margin",
        "hip3.initial_isolated_margin",
        "--initial-isolated-margin",
        "FLOAT",
    ),
    Option("force_isolated", "hip3.force_isolated", "--force-isolated", "FLAG"),
    Option("strategy_type", "strategy.strategy_type"),
    Option("estimation_window_secs", "strategy.estimation_window_secs"),
    Option("min_trades", "strategy.min_trades"),
    Option("lead_asset", "strategy.lead_asset"),
    Option("warmup_decay_secs", "strategy.warmup_decay_secs"),
    Option("num_levels", "strategy.ladder_config.num_levels"),
    Option("min_depth_bps", "strategy.ladder_config.min_depth_bps"),
    Option("max_depth_bps", "strategy.ladder_config.max_depth_bps"),
    Option("geometric_spacing", "strategy.ladder_config.geometric_spacing"),
    Option("max_daily_loss", "kill_switch.max_daily_loss"),
    Option("max_drawdown", "kill_switch.max_drawdown"),
    Option("max_position_value", "kill_switch.max_position_value"),
    Option("stale_data_threshold_secs", "kill_switch.stale_data_threshold_secs"),
    Option("max_rate_limit_errors", "kill_switch.max_rate_limit_errors"),
    Option("log_level", "logging.level", "--log-level"),
    Option("log_format", "logging.format", "--log-format"),
    Option("log_file", "logging.file", "--log-file", "PATH"),
    Option("multi_stream_logs", "logging.multi_stream", "--multi-stream-logs", "FLAG"),
    Option("log_dir", "logging.dir", "--log-dir", "PATH"),
    Option("metrics_port", "monitoring.metrics_port", "--metrics-port", "INT"),
    Option("enable_http_metrics", "monitoring.enable_http_metrics"),
    Option("state_dir", "state.dir", "--state-dir", "PATH"),
)
"""Every setting, in the order of the generated file."""

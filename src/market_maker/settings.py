"""The service's settings: environment variables, parsed once, checked in full, immutable after."""

import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from market_maker.model.connected import WORKERS_MAX
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.money import MoneyFlow
from market_maker.model.pool_document import decimal_of
from market_maker.native_engine import SETTING as ENGINE
from market_maker.native_engine import EngineForm, form_of
from market_maker.shared_state.addresses import redis_url
from market_maker.topics.broker import MECHANISMS, PROTOCOLS
from market_maker.venues.base_url import HIDDEN, base_url, credential
from market_maker.venues.hyperliquid.addresses import TESTNET_URL, address, network_url

DATA_DIR = Path("market_maker_data")
LOCK_NAME = "serve.lock"
"""In the data directory, from the first start of a service on it."""
LOOPBACK = "127.0.0.1"
PORT_MAX = 65_535
ANY_PORT = "any"
SECONDS_MAX = 86_400.0
PREFIX = "MM_"
NEARLY = 0.9
"""How alike two names are, of 1, for one to be taken for the other misspelt."""
SHADOW = "MM_SHADOW_MODE"
CLIENT_TOKEN = "MM_TOKEN"  # noqa: S105  its name
"""The token that a command shows to a service: no setting, and not a misspelt one either."""
EXPOSURE_MAX = 10**14
HOST_PORT = f"host:port, a port from 1 to {PORT_MAX}"
SNAPSHOT_MIN_S, SNAPSHOT_MAX_S = 0.1, 3600.0

_TRUE = ("true", "1", "yes", "on")
_FALSE = ("false", "0", "no", "off")
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h)?", re.ASCII)
_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}", re.ASCII)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}


class Settings(Struct, frozen=True, kw_only=True):
    """What `market_maker serve` runs with. Spans are seconds.

    data_dir: the embedded database, keys, journals. workers: processes that share the symbols; 1:
    this one, with everything else. engine: the form that it must have, settled before settings are
    read; None for native where that can be had. postgres_url: PostgreSQL instead of the embedded
    database, None without. order_service_url: orders go there, None for the sandbox in the process;
    order_service_token: sent to it as a bearer token. http_host: the address of the API and the
    panel; panel_port: None for 3001 where that is free; metrics_host: of the metrics, for requests
    with metrics_token. jwks_file: public keys of the auth service; auth_service_url: where it
    publishes them instead; without either development tokens only. auth_client_id: what the auth
    service calls the panel, whose people then sign in at its own page; panel_url: of the panel as
    browsers name it, None where it is what they ask for. jwt_issuer, jwt_audience: what its tokens
    must say; token_life_max: how long one may live. audit_anchor_copy: a second file of the audit
    log's anchors, None without. shadow_mode: nothing is sent to any venue. seed: of the sandbox's
    markets. max_total_exposure_usdt: what all pools may hold together, None without a limit.
    performance_snapshot_interval: between two samples of who is on the book. wallet_url: the wallet
    that pays settlements, None for the embedded one; wallet_token: sent to it as a bearer token.
    metadata_address: host:port of the metadata service of the order service's exchange, by gRPC;
    None for the sandbox's own list; metadata_tls and its files: whether that is reached by TLS, and
    how; metadata_url: the same by REST, for when gRPC does not answer. redis_url: what several
    processes of one service share, None for each by itself. kafka_brokers: where events are
    published, None for a log in this process; schema_registry_url: of their schemas;
    kafka_security_protocol and the rest: how the brokers are reached. watchdog_token: the
    watchdog's own credential at the order service, sent as a bearer token. hyperliquid: whether
    pools may trade there too; hyperliquid_url: of its server; hyperliquid_private_key, or a file
    with it: of the account, or of an agent that it has approved; hyperliquid_account: a vault or
    sub-account instead of its own; hyperliquid_dexes: whose markets are listed.
    watchdog_hyperliquid_key: the watchdog's own key there, or watchdog_hyperliquid_key_file, which
    holds it. money_flow: where trading profits lie, frozen in each settlement record."""

    data_dir: Path = DATA_DIR
    workers: int = 1
    engine: EngineForm | None = None
    postgres_url: str | None = None
    order_service_url: str | None = None
    order_service_token: str | None = None
    http_host: str = LOOPBACK
    http_port: int = 8095
    metrics_host: str = LOOPBACK
    metrics_port: int = 9090
    metrics_token: str | None = None
    panel_port: int | None = None
    shadow_mode: bool = False
    shutdown_timeout: float = 30.0
    require_halt_review: bool = False
    disable_auth: bool = False
    jwks_file: Path | None = None
    auth_service_url: str | None = None
    auth_client_id: str | None = None
    panel_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    token_life_max: float = 900.0
    audit_anchor_copy: Path | None = None
    log_level: str = "info"
    otlp_endpoint: str | None = None
    seed: int = 1
    performance_snapshot_interval: float = 10.0
    max_total_exposure_usdt: Decimal | None = None
    wallet_url: str | None = None
    wallet_token: str | None = None
    metadata_address: str | None = None
    metadata_tls: bool = False
    metadata_ca_file: Path | None = None
    metadata_certificate_file: Path | None = None
    metadata_key_file: Path | None = None
    metadata_url: str | None = None
    redis_url: str | None = None
    kafka_brokers: str | None = None
    schema_registry_url: str | None = None
    kafka_security_protocol: str = PROTOCOLS[0]
    kafka_sasl_mechanism: str = MECHANISMS[0]
    kafka_sasl_username: str | None = None
    kafka_sasl_password: str | None = None
    kafka_ssl_ca_file: Path | None = None
    kafka_ssl_certificate_file: Path | None = None
    kafka_ssl_key_file: Path | None = None
    watchdog_token: str | None = None
    hyperliquid: bool = False
    hyperliquid_url: str = TESTNET_URL
    hyperliquid_private_key: str | None = None
    hyperliquid_private_key_file: Path | None = None
    hyperliquid_account: str = ""
    hyperliquid_dexes: tuple[str, ...] = ("main",)
    watchdog_hyperliquid_key: str | None = None
    watchdog_hyperliquid_key_file: Path | None = None
    money_flow: MoneyFlow = MoneyFlow.OWN_ACCOUNTS


def settings_of(environ: Mapping[str, str], data_dir: Path | None = None) -> Settings:
    """Read the variables that are known. One that begins with MM_ and is not known is refused: it
    is ours, and misspelt. Others belong to other programs. data_dir: from the command line, which
    goes before MM_DATA_DIR. Raises DomainErrors that name the variable. An empty one is an
    unset one. MM_SHADOW_MODE alone is never refused: what cannot be understood, an empty one too,
    means shadow."""
    for variable in unknown_variables(environ):
        raise InvalidDataError(variable, f"there is no such setting; {nearest(variable)}")
    given: dict[str, Any] = {}
    for variable, (name, parse) in VARIABLES.items():
        text = environ.get(variable, "").strip()
        if text or (variable == SHADOW and variable in environ):
            given[name] = _parsed(variable, text, parse)
    if data_dir is not None:
        given["data_dir"] = data_dir
    for url, token in (
        ("ORDER_SERVICE_URL", "ORDER_SERVICE_TOKEN"),
        ("WALLET_URL", "WALLET_TOKEN"),
    ):
        _one_credential(given, url, token)
    return Settings(**given)


def _parsed(variable: str, text: str, parse: Callable[[str, str], Any]) -> Any:
    """Raises InvalidFieldError, without the text where it may be an address with a password."""
    try:
        return parse(variable, text)
    except InvalidFieldError as error:
        if "@" not in text:
            raise
        raise InvalidFieldError(variable, HIDDEN, error.allowed) from None


def misspelt_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Those that are set and not read, by the setting that each is nearly called like. They may
    belong to other programs, so they are not refused."""
    near = {
        name: get_close_matches(name, VARIABLES, n=1, cutoff=NEARLY)
        for name in sorted(set(environ) - set(VARIABLES) - set(WITHOUT_FUNCTION))
        if not name.startswith(PREFIX)
    }
    return {name: found[0] for name, found in near.items() if found}


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Those that begin as ours do and are none of ours, sorted."""
    known = {*VARIABLES, CLIENT_TOKEN}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def nearest(variable: str) -> str:
    """What was probably meant, in words."""
    found = get_close_matches(variable, VARIABLES, n=1, cutoff=0.5)
    return f"the nearest is {found[0]}" if found else "see `market_maker validate-config`"


def unused_variables(environ: Mapping[str, str]) -> list[str]:
    """Those that the documents name and this program has no use for, as far as they are set."""
    unused = [name for name in WITHOUT_FUNCTION if environ.get(name, "").strip()]
    with_exchange = environ.get(EXCHANGE, "").strip()
    return [name for name in unused if not (with_exchange and name in NEEDS_EXCHANGE)]


def _one_credential(given: Mapping[str, Any], url: str, token: str) -> None:
    """A request carries one credential: raises InvalidFieldError for two."""
    address = given.get(VARIABLES[url][0])
    if given.get(VARIABLES[token][0]) and address and urlsplit(address).username is not None:
        raise InvalidFieldError(token, HIDDEN, f"unset, for {url} holds a user already")


def _text(_variable: str, text: str) -> str:
    return text


def _snapshot_interval(variable: str, text: str) -> float:
    seconds = _span(variable, text)
    if not SNAPSHOT_MIN_S <= seconds <= SNAPSHOT_MAX_S:
        raise InvalidFieldError(variable, text, "a time from 100ms to 1h")
    return seconds


def _exposure(variable: str, text: str) -> Decimal:
    amount = decimal_of(variable, text)
    if not 0 < amount <= EXPOSURE_MAX:
        raise InvalidFieldError(variable, text, f"an amount above 0 to {EXPOSURE_MAX} USDT")
    return amount


def _money_flow(variable: str, text: str) -> MoneyFlow:
    try:
        return MoneyFlow(text.upper())
    except ValueError:
        allowed = " or ".join(flow.lower() for flow in MoneyFlow)
        raise InvalidFieldError(variable, text, allowed) from None


def _brokers(variable: str, text: str) -> str:
    addresses = [each.strip() for each in text.split(",")]
    if not all(map(_is_address, addresses)):
        allowed = f"{HOST_PORT}, several separated by commas"
        raise InvalidFieldError(variable, text, allowed)
    return ",".join(addresses)


def _host_port(variable: str, text: str) -> str:
    if not _is_address(text):
        # What has an @ may have a password before it.
        raise InvalidFieldError(variable, HIDDEN if "@" in text else text, HOST_PORT)
    return text


def _is_address(text: str) -> bool:
    """What resolves addresses takes the rest of a port above the greatest for another one."""
    return bool(_ADDRESS.fullmatch(text)) and 0 < int(text.rpartition(":")[2]) <= PORT_MAX


def _one_of(*allowed: str) -> Callable[[str, str], str]:
    def parse(variable: str, text: str) -> str:
        if text.upper() not in allowed:
            raise InvalidFieldError(variable, text, " or ".join(allowed))
        return text.upper()

    return parse


def _names(variable: str, text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise InvalidFieldError(variable, text, "names with commas between them: main,hyna")
    return names


def _path(variable: str, text: str) -> Path:
    if "\0" in text:
        raise InvalidFieldError(variable, text, "a path")
    return Path(text)


def _port(variable: str, text: str) -> int:
    """Port 0 must be requested as `any`, so that a typo cannot select a random
    port."""
    if text == ANY_PORT:
        return 0
    if text.isascii() and text.isdecimal() and 0 < int(text[:6]) <= PORT_MAX:
        return int(text)
    raise InvalidFieldError(variable, text, f"1 to {PORT_MAX}, or {ANY_PORT} for a free one")


def _workers(variable: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text[:3]) <= WORKERS_MAX:
        return int(text)
    raise InvalidFieldError(variable, text, f"a number of processes from 1 to {WORKERS_MAX}")


def _seed(variable: str, text: str) -> int:
    return _whole(variable, text, 2**32 - 1)


def _whole(variable: str, text: str, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(most))):
        raise InvalidFieldError(variable, text, f"a whole number from 0 to {most}")
    number = int(text)
    if number > most:
        raise InvalidFieldError(variable, text, f"a whole number from 0 to {most}")
    return number


def _flag(variable: str, text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise InvalidFieldError(variable, text, "true or false")


def _shadow(_variable: str, text: str) -> bool:
    """Anything but a clear no means shadow: a typing error must not trade."""
    return text.lower() not in _FALSE


def _span(variable: str, text: str) -> float:
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else math.nan
    if not 0 < seconds <= SECONDS_MAX:
        raise InvalidFieldError(variable, text, "a time such as 30s, 500ms or 2m, at most 24h")
    return seconds


VARIABLES: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "MM_DATA_DIR": ("data_dir", _path),
    "MM_WORKERS": ("workers", _workers),
    ENGINE: ("engine", lambda _, text: form_of(text)),
    "POSTGRES_URL": ("postgres_url", _text),
    "ORDER_SERVICE_URL": ("order_service_url", base_url),
    "ORDER_SERVICE_TOKEN": ("order_service_token", credential),
    "HTTP_HOST": ("http_host", _text),
    "HTTP_PORT": ("http_port", _port),
    "METRICS_HOST": ("metrics_host", _text),
    "METRICS_PORT": ("metrics_port", _port),
    "METRICS_TOKEN": ("metrics_token", credential),
    "PANEL_PORT": ("panel_port", _port),
    SHADOW: ("shadow_mode", _shadow),
    "SHUTDOWN_TIMEOUT": ("shutdown_timeout", _span),
    "REQUIRE_HALT_REVIEW": ("require_halt_review", _flag),
    "DISABLE_AUTH": ("disable_auth", _flag),
    "JWKS_FILE": ("jwks_file", _path),
    "AUTH_SERVICE_URL": ("auth_service_url", base_url),
    "AUTH_CLIENT_ID": ("auth_client_id", _text),
    "PANEL_URL": ("panel_url", base_url),
    "JWT_ISSUER": ("jwt_issuer", _text),
    "JWT_AUDIENCE": ("jwt_audience", _text),
    "TOKEN_LIFE_MAX": ("token_life_max", _span),
    "AUDIT_ANCHOR_COPY": ("audit_anchor_copy", _path),
    "LOG_LEVEL": ("log_level", _text),
    "OTEL_EXPORTER_OTLP_ENDPOINT": ("otlp_endpoint", base_url),
    "OPENOBSERVE_OTLP_ENDPOINT": ("otlp_endpoint", base_url),
    "MAX_TOTAL_EXPOSURE_USDT": ("max_total_exposure_usdt", _exposure),
    "MM_SANDBOX_SEED": ("seed", _seed),
    "PERFORMANCE_SNAPSHOT_INTERVAL": ("performance_snapshot_interval", _snapshot_interval),
    "WALLET_URL": ("wallet_url", base_url),
    "WALLET_TOKEN": ("wallet_token", credential),
    "METADATA_SERVICE_GRPC_URL": ("metadata_address", _host_port),
    "METADATA_SERVICE_GRPC_TLS": ("metadata_tls", _flag),
    "METADATA_SERVICE_GRPC_CA_FILE": ("metadata_ca_file", _path),
    "METADATA_SERVICE_GRPC_CERTIFICATE_FILE": ("metadata_certificate_file", _path),
    "METADATA_SERVICE_GRPC_KEY_FILE": ("metadata_key_file", _path),
    "METADATA_SERVICE_URL": ("metadata_url", base_url),
    "REDIS_URL": ("redis_url", redis_url),
    "KAFKA_BROKERS": ("kafka_brokers", _brokers),
    "SCHEMA_REGISTRY_URL": ("schema_registry_url", base_url),
    "KAFKA_SECURITY_PROTOCOL": ("kafka_security_protocol", _one_of(*PROTOCOLS)),
    "KAFKA_SASL_MECHANISM": ("kafka_sasl_mechanism", _one_of(*MECHANISMS)),
    "KAFKA_SASL_USERNAME": ("kafka_sasl_username", _text),
    "KAFKA_SASL_PASSWORD": ("kafka_sasl_password", _text),
    "KAFKA_SSL_CA_FILE": ("kafka_ssl_ca_file", _path),
    "KAFKA_SSL_CERTIFICATE_FILE": ("kafka_ssl_certificate_file", _path),
    "KAFKA_SSL_KEY_FILE": ("kafka_ssl_key_file", _path),
    "WATCHDOG_TOKEN": ("watchdog_token", credential),
    "MM_HYPERLIQUID": ("hyperliquid", _flag),
    "HYPERLIQUID_NETWORK": ("hyperliquid_url", network_url),
    "HYPERLIQUID_PRIVATE_KEY": ("hyperliquid_private_key", credential),
    "HYPERLIQUID_PRIVATE_KEY_FILE": ("hyperliquid_private_key_file", _path),
    "HYPERLIQUID_ACCOUNT": ("hyperliquid_account", address),
    "HYPERLIQUID_DEXES": ("hyperliquid_dexes", _names),
    "WATCHDOG_HYPERLIQUID_KEY": ("watchdog_hyperliquid_key", credential),
    "WATCHDOG_HYPERLIQUID_KEY_FILE": ("watchdog_hyperliquid_key_file", _path),
    "SETTLEMENT_MONEY_FLOW": ("money_flow", _money_flow),
}
"""Variable -> setting and how it is read."""

EXCHANGE = "ORDER_SERVICE_URL"
_OWN_LIST = f"the sandbox brings its own instruments; it serves with {EXCHANGE}"
NEEDS_EXCHANGE = ("METADATA_SERVICE_GRPC_URL", "METADATA_SERVICE_URL")
"""Variables that are used with an order service only."""

WITHOUT_FUNCTION = {
    **dict.fromkeys(NEEDS_EXCHANGE, _OWN_LIST),
}
"""Variables of the documents that do nothing here -> why."""

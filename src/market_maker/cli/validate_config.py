"""`market_maker validate-config`: every setting, where it comes from, and whether it will do.

Of the service, of the Hyperliquid maker, or of both: the maker's are checked where there is a file
of it or an option of it is given, the service's unless an option of the maker is given.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
import typer
from msgspec import Struct

from market_maker.api.keys import load_key_set
from market_maker.cli.maker_arguments import MakerArguments, maker_options
from market_maker.cli.plain_errors import without_keys
from market_maker.model.errors import DomainError, InvalidDataError, InvalidFieldError
from market_maker.operations.maker_defaults import (
    FILE_NAME,
    SECTIONS,
    given_defaults,
    load_maker_defaults,
)
from market_maker.serving.dead_men import watchdog_key
from market_maker.serving.event_bus import brokers_of
from market_maker.serving.hyperliquid_connector import key_of
from market_maker.serving.open_doors import check_open_doors
from market_maker.serving.opened_sources import metadata_tls_of
from market_maker.serving.private_folder import check_closable
from market_maker.serving.watching import secrets_of
from market_maker.serving.worker_rules import check_workers
from market_maker.settings import (
    ANY_PORT,
    DATA_DIR,
    VARIABLES,
    WITHOUT_FUNCTION,
    Settings,
    misspelt_variables,
    nearest,
    settings_of,
    unknown_variables,
    unused_variables,
)
from market_maker.standalone.checks import checked_key, shown_setting
from market_maker.standalone.settings import OPTIONS
from market_maker.standalone.sources import DEFAULT
from market_maker.storage.database import database_url
from market_maker.telemetry.logging import LEVELS

OK = "ok"
HIDDEN = "(hidden)"
EXIT_REFUSED = 2
SECRETS = frozenset(name for name in VARIABLES if name.endswith(("_TOKEN", "_KEY", "_PASSWORD")))
"""Shown as set or not set. URLs lose their password and their query."""
NEEDS = {
    "ORDER_SERVICE_TOKEN": "ORDER_SERVICE_URL",
    "SCHEMA_REGISTRY_URL": "KAFKA_BROKERS",
    "KAFKA_SASL_USERNAME": "KAFKA_BROKERS",
    "KAFKA_SASL_PASSWORD": "KAFKA_BROKERS",
    "WALLET_TOKEN": "WALLET_URL",
}
"""What a setting is of no use without."""


class CheckedSetting(Struct, frozen=True):
    """value: as it will be used, secrets hidden. origin: default, environment or --data-dir.
    check: ok, or what is wrong with it; what is only worth a warning begins with `warning`."""

    variable: str
    value: str
    origin: str
    check: str

    @property
    def refused(self) -> bool:
        """Whether `serve` would refuse it."""
        return self.check != OK and not self.check.startswith("warning")


@maker_options
def command(
    *,
    given: MakerArguments,
    data_dir: Annotated[
        Path | None,
        typer.Option(file_okay=False, help=f"As for serve; MM_DATA_DIR, else {DATA_DIR}."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON list.")] = False,
) -> None:
    """Check settings without starting anything: print every setting with its value, its origin and
    its check. Secrets are hidden. Exit code 2 when one would be refused.

    The Hyperliquid maker's are checked where market_maker.toml is there or an option of the maker
    is given; those of `serve` unless such an option is given.
    """
    rows: list[CheckedSetting] = []
    if not given.anything:
        rows += checked(os.environ, data_dir)
    if given.anything or (data_dir is None and given.config.is_file()):
        rows += checked_maker(given, os.environ)
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
    else:
        for line in table(rows):
            typer.echo(line)
    if any(row.refused for row in rows):
        raise typer.Exit(EXIT_REFUSED)


def checked_maker(given: MakerArguments, environ: Mapping[str, str]) -> Iterator[CheckedSetting]:
    """Every setting of the Hyperliquid maker; where one is refused, only why."""
    try:
        settled = given.settle(environ)
    except DomainError as error:
        yield CheckedSetting(str(given.config), "-", "together", without_keys(str(error)))
        return
    for note in settled.notes:
        yield CheckedSetting(str(given.config), "-", "together", f"warning: {note}")
    for option in OPTIONS:
        origin = settled.origins.get(option.field, DEFAULT)
        value = without_keys(shown_setting(settled.settings, option))
        yield CheckedSetting(option.key, value, origin, OK)
    yield CheckedSetting("private key", "", "together", checked_key(settled.settings) or OK)


def checked(environ: Mapping[str, str], data_dir: Path | None) -> Iterator[CheckedSetting]:
    """Every setting, then what is set and does nothing, then what is unknown."""
    default = Settings()
    for variable, (field, _parse) in VARIABLES.items():
        yield _checked(variable, field, default, _only(environ, variable), data_dir)
    for variable in unused_variables(environ):
        why = f"warning: has no function here: {WITHOUT_FUNCTION[variable]}"
        yield CheckedSetting(variable, HIDDEN, "environment", why)
    for variable, meant in misspelt_variables(environ).items():
        why = f"warning: is not read; the nearest is {meant}"
        yield CheckedSetting(variable, HIDDEN, "environment", why)
    for variable in unknown_variables(environ):
        yield CheckedSetting(
            variable, HIDDEN, "environment", f"there is no such setting; {nearest(variable)}"
        )
    yield from _together(environ, data_dir)


def _only(environ: Mapping[str, str], variable: str) -> dict[str, str]:
    return {variable: environ[variable]} if variable in environ else {}


def _checked(
    variable: str, field: str, default: Settings, environ: dict[str, str], data_dir: Path | None
) -> CheckedSetting:
    flagged = data_dir if field == "data_dir" else None
    origin = "environment" if environ.get(variable, "").strip() else "default"
    if flagged is not None:
        origin = "--data-dir"
    try:
        settings = settings_of(environ, flagged)
        check = _problem(variable, settings) or OK
    except DomainError as error:
        return CheckedSetting(variable, "-", origin, str(error))
    value = getattr(settings, field)
    if field == "otlp_endpoint" and origin == "default":
        value = default.otlp_endpoint
    return CheckedSetting(variable, shown(variable, value), origin, check)


def shown(variable: str, value: object) -> str:
    """The value without secrets; - where there is none."""
    if value is None or variable in SECRETS:
        return "-" if value is None else HIDDEN
    match value:
        case str() if variable.endswith(("_URL", "_ENDPOINT")):
            return _url(value)
        case bool() | Enum():
            return str(value).lower()
        case float():
            return f"{value:g}s"
        case 0 if variable.endswith("_PORT"):
            return ANY_PORT
        case _:
            return str(value)


def _url(text: str) -> str:
    """Without its password and its query; host:port as it is."""
    if "://" not in text:
        return text.rpartition("@")[2]
    parts = urlsplit(text)
    user = f"{parts.username}:…@" if parts.password else ""
    return f"{parts.scheme}://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"


def _problem(variable: str, settings: Settings) -> str:
    match variable:
        case "MM_DATA_DIR":
            return _directory(settings.data_dir)
        case "LOG_LEVEL" if settings.log_level not in LEVELS:
            return f"one of {', '.join(LEVELS)}"
        case "JWKS_FILE" if settings.jwks_file is not None and not settings.jwks_file.is_file():
            return f"{settings.jwks_file}: no such file"
        case "POSTGRES_URL" if settings.postgres_url is not None:
            try:
                database_url(settings.postgres_url, settings.data_dir)
            except DomainError as error:
                return str(error)
    return ""


def _directory(path: Path) -> str:
    try:
        check_closable(path)
    except DomainError as error:
        return str(error)
    return ""


def _together(environ: Mapping[str, str], data_dir: Path | None) -> Iterator[CheckedSetting]:
    """What only several settings together can be wrong about."""
    known = {name: text for name, text in environ.items() if name in VARIABLES}
    try:
        settings = settings_of(known, data_dir)
    except DomainError:
        return
    yield from _refused(settings)
    if settings.jwks_file is not None and settings.auth_service_url is not None:
        yield _conflict("JWKS_FILE", "unset it: the keys come from AUTH_SERVICE_URL")
    keys = settings.jwks_file is not None or settings.auth_service_url is not None
    if keys and settings.jwt_issuer is None and not settings.disable_auth:
        yield _conflict("JWT_ISSUER", "missing: what must tokens say, with keys of an auth service")
    if settings.auth_client_id is not None and settings.auth_service_url is None:
        yield _conflict("AUTH_CLIENT_ID", "unset it: there is no AUTH_SERVICE_URL to sign in at")
    yield from _same_ports(settings)
    yield from _idle(settings)
    yield from _started_with(settings)
    insecure = [text for text in secrets_of(settings) if len(text) < 8]  # noqa: PLR2004
    if insecure:
        yield _conflict("secrets", "warning: a password or token is shorter than 8 characters")


def _idle(settings: Settings) -> Iterator[CheckedSetting]:
    """What is set and does nothing, since what it belongs to is not."""
    for variable, other in NEEDS.items():
        given, needed = (getattr(settings, VARIABLES[name][0]) for name in (variable, other))
        if given is not None and needed is None:
            yield _conflict(variable, f"warning: does nothing without {other}")


def _started_with(settings: Settings) -> Iterator[CheckedSetting]:
    """What `/maker/start` takes where a request does not say, where there is a file of it that will
    do; `_refused` says what is wrong with one that will not."""
    try:
        given, used = given_defaults(settings.data_dir), load_maker_defaults(settings.data_dir)
    except DomainError:
        return
    if given is None or used is None:
        return
    for section, names in SECTIONS.items():
        for name in names:
            value = getattr(used, name)
            text = "-" if value is None else format(value, "f")
            origin = FILE_NAME if name in given else DEFAULT
            yield CheckedSetting(f"{section}.{name}", text, origin, OK)


def _same_ports(settings: Settings) -> Iterator[CheckedSetting]:
    """Ports that two listeners of one address would share."""
    same_host = settings.http_host == settings.metrics_host
    if same_host and settings.http_port == settings.metrics_port != 0:
        yield _conflict("METRICS_PORT", "the same as HTTP_PORT")
    panel = settings.panel_port
    if panel and panel == settings.http_port:
        yield _conflict("PANEL_PORT", "the same as HTTP_PORT")
    if panel and same_host and panel == settings.metrics_port:
        yield _conflict("PANEL_PORT", "the same as METRICS_PORT")


def _trading_key(settings: Settings) -> object:
    """Raises InvalidDataError, InvalidFieldError for a key with which pools cannot trade."""
    return key_of(settings) if settings.hyperliquid else None


def _key_set(settings: Settings) -> object:
    """Raises InvalidDataError for a file that holds no public keys."""
    file = settings.jwks_file
    return load_key_set(file) if file is not None and file.is_file() else None


def _maker_defaults(settings: Settings) -> object:
    """Raises InvalidDataError, InvalidFieldError for a file of /maker/start with what it has
    not."""
    return load_maker_defaults(settings.data_dir)


def _refused(settings: Settings) -> Iterator[CheckedSetting]:
    """What the parts of the service refuse when they are made."""
    checks: tuple[Callable[[Settings], object], ...] = (
        check_open_doors,
        check_workers,
        brokers_of,
        metadata_tls_of,
        _trading_key,
        watchdog_key,
        _key_set,
        _maker_defaults,
    )
    for check in checks:
        try:
            check(settings)
        except InvalidFieldError as error:
            yield _conflict(error.field, f"allowed: {error.allowed}")
        except InvalidDataError as error:
            yield _conflict("files", str(error))


def _conflict(variable: str, problem: str) -> CheckedSetting:
    return CheckedSetting(variable, "", "together", problem)


def table(rows: Iterable[CheckedSetting]) -> Iterator[str]:
    """A line for each, aligned."""
    listed = list(rows)
    widths = [
        max(len(getattr(row, name)) for row in listed) for name in ("variable", "value", "origin")
    ]
    for row in listed:
        cells = (row.variable, row.value, row.origin)
        yield "  ".join([*map(str.ljust, cells, widths), row.check])
    bad = sum(row.refused for row in listed)
    yield "all will do" if not bad else f"{bad} would be refused"

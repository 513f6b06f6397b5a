"""Settings from the command line, the environment, `.env` and the file, in this order."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgspec import Struct

from market_maker.config import parsed
from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.fields import Field, allows, fields_of
from market_maker.standalone.settings import (
    LOG_LEVELS,
    OPTIONS,
    PREFIX,
    MakerSettings,
    Option,
    Secret,
)

ENV_FILE = Path(".env")
ENV_BYTES_MAX = 1 << 20
KEY_BYTES_MAX = 1_000
OTHERS = 0o077
"""Bits of a mode that let others than the owner in."""

COMMAND_LINE, ENVIRONMENT, DEFAULT = "command line", "environment", "default"
_TRUE, _FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
_KEY_FIELDS = ("private_key", "private_key_file")


class Sources(Struct, frozen=True):
    """Where settings come from. flags: values of the command line, by field. config: the file;
    named: whether it was asked for, so that its absence is an error."""

    flags: Mapping[str, str]
    environ: Mapping[str, str]
    config: Path
    named: bool = False
    env_file: Path = ENV_FILE


class Settled(Struct, frozen=True):
    """The settings and where each of them is from, by field. notes: what a person should know, one
    line each."""

    settings: MakerSettings
    origins: Mapping[str, str]
    notes: tuple[str, ...] = ()


def settle(sources: Sources) -> Settled:
    """Each setting from the first source that has it. Raises InvalidDataError for a file that is
    missing, unreadable, or open to others while it holds a secret, and for keys that it does not
    know; InvalidFieldError for a value."""
    found: dict[str, Any] = {}
    origins: dict[str, str] = {}
    layers = list(_layers(sources))
    for origin, values in layers:
        given_key = any(name in found for name in _KEY_FIELDS)
        for name, value in values.items():
            if name not in found and not (given_key and name in _KEY_FIELDS):
                found[name], origins[name] = value, origin
    if all(found.get(name) is not None for name in _KEY_FIELDS):
        raise InvalidFieldError("private_key_file", "given", "one of private_key and this")
    return Settled(MakerSettings(**found), origins, tuple(_notes(sources)))


def _layers(sources: Sources) -> Iterator[tuple[str, dict[str, Any]]]:
    yield COMMAND_LINE, {name: _of_text(name, text) for name, text in sources.flags.items()}
    yield ENVIRONMENT, _of_environ(sources.environ)
    if sources.env_file.is_file():
        values = _of_environ(env_file(sources.env_file))
        _check_private(sources.env_file, values)
        yield str(sources.env_file), values
    if sources.config.is_file():
        values = dict(_of_file(sources.config))
        _check_private(sources.config, values)
        yield str(sources.config), values
    elif sources.named:
        raise InvalidDataError(
            f"Config file not found: {sources.config}",
            f"make one with `market_maker generate-config -o {sources.config}`",
        )


def _notes(sources: Sources) -> Iterator[str]:
    if not sources.config.is_file():
        yield (
            f"{sources.config} is not there: defaults are used; "
            "`market_maker generate-config` makes one"
        )
    level = sources.environ.get("RUST_LOG", "").rpartition("=")[2].strip()
    if level:
        wanted = f"--log-level {level}" if level in LOG_LEVELS else "--log-level"
        yield f"RUST_LOG has no function here; use {wanted}"
    known = {option.variable for option in OPTIONS}
    named = set(sources.environ)
    if sources.env_file.is_file():
        named |= env_file(sources.env_file).keys()
    for name in sorted(named - known):
        if name.startswith(PREFIX):
            yield f"{name} has no function here; {_nearest(name, known)}"


def env_file(path: Path) -> dict[str, str]:
    """The variables of a `.env` file: NAME=VALUE lines, `export` and quotes as shells have them,
    and lines that begin with #. Raises InvalidDataError with the number of a line that is not."""
    text = read_document(path, ENV_BYTES_MAX).decode("utf-8", "replace")
    found: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        content = raw.strip().removeprefix("export ").strip()
        if not content or content.startswith("#"):
            continue
        name, equals, value = content.partition("=")
        if not equals or not name.strip().isidentifier():
            # Not shown: it may be half of a secret.
            raise InvalidDataError(str(path), f"line {number} is not NAME=VALUE")
        found[name.strip()] = _unquoted(value.strip())
    return found


def _unquoted(value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value.partition(" #")[0].rstrip()


def key_text(settings: MakerSettings) -> Secret:
    """The private key as it was given. Raises InvalidDataError without one, and for a file that
    others can read."""
    if settings.private_key is not None:
        return settings.private_key
    if settings.private_key_file is None:
        raise InvalidDataError(
            "Private key not set",
            "set HYPERLIQUID_PRIVATE_KEY in the environment or in .env, or --private-key-file",
        )
    path = settings.private_key_file.expanduser()
    content = read_document(path, KEY_BYTES_MAX)
    _check_mode(path, "private key")
    return Secret(content.decode("ascii", "replace").strip())


def _check_private(path: Path, values: Mapping[str, Any]) -> None:
    if values.get("private_key") is not None:
        _check_mode(path, "private key")


def _check_mode(path: Path, what: str) -> None:
    mode = path.stat().st_mode & 0o777
    if mode & OTHERS:
        problem = f"holds a {what} and others may read it (mode {mode:o}): chmod 600 {path}"
        raise InvalidDataError(str(path), problem)


# values


def _of_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    return {
        option.field: _of_text(option.field, environ[option.variable].strip(), option.variable)
        for option in OPTIONS
        if environ.get(option.variable, "").strip()
    }


def _of_file(path: Path) -> Iterator[tuple[str, Any]]:
    """Raises InvalidDataError for a key that is none, with the nearest."""
    by_key = {option.key: option for option in OPTIONS}
    sections = {key.rpartition(".")[0] for key in by_key}
    for key, value in _flat(parsed(path), sections):
        option = by_key.get(key)
        if option is None:
            raise InvalidDataError(str(path), f"there is no key {key}; {_nearest(key, by_key)}")
        yield option.field, _of_toml(option, value)


def _flat(
    table: Mapping[str, Any], sections: set[str], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict) and key in sections:
            yield from _flat(value, sections, f"{key}.")
        else:
            yield key, value


def _of_toml(option: Option, value: object) -> Any:
    field = fields_of(MakerSettings)[option.field]
    match field.kind, value:
        case (kind, bool()) if kind is not bool:
            pass
        case (kind, int() | Decimal()) if kind is Decimal:
            return _checked(field, Decimal(value), option.key)
        case (kind, Decimal()) if kind is int and _is_whole(field, value):
            return int(value)
        case (kind, int()) if kind is int or (kind is bool and isinstance(value, bool)):
            return _checked(field, value, option.key)
        case (_, str()):
            return _of_text(option.field, value, option.key)
        case _:
            pass
    raise InvalidFieldError(option.key, _shown(field, value), field.words())


def _of_text(name: str, text: str, given_as: str = "") -> Any:
    field = fields_of(MakerSettings)[name]
    where = given_as or flag_of(name)
    match field.kind:
        case kind if kind is Secret:
            return Secret(text)
        case kind if kind is Path:
            return _path(where, text)
        case kind if kind is bool:
            return _flag(where, text)
        case kind if kind in {int, Decimal}:
            return _number(field, text, where)
        case _:
            return _checked(field, text, where)


def _is_whole(field: Field, value: Decimal) -> bool:
    """Within its bounds first: to write out 1e999999999 would take forever."""
    return allows(field, value) and value == value.to_integral_value()


def _number(field: Field, text: str, where: str) -> Any:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("nan")
    if not (_is_whole(field, value) if field.kind is int else allows(field, value)):
        raise InvalidFieldError(where, text, field.words())
    return field.kind(value)


def _checked(field: Field, value: Any, where: str) -> Any:
    if not allows(field, value):
        raise InvalidFieldError(where, value, field.words())
    return value


def _path(where: str, text: str) -> Path:
    if "\0" in text or not text:
        raise InvalidFieldError(where, text, "a path")
    return Path(text)


def _flag(where: str, text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise InvalidFieldError(where, text, "true or false")
    return text.lower() in _TRUE


def _shown(field: Field, value: object) -> object:
    return "(hidden)" if field.kind is Secret else value


def flag_of(name: str) -> str:
    """What the command line calls a field; its key in the file where it has no flag."""
    option = next(each for each in OPTIONS if each.field == name)
    return option.flag or option.key


def _nearest(name: str, known: Mapping[str, Any] | set[str]) -> str:
    last = {key.rpartition(".")[2]: key for key in known}
    near = [last[each] for each in get_close_matches(name.rpartition(".")[2], last, 1)]
    near = near or get_close_matches(name, known, 1, 0.8)
    return f"the nearest is {near[0]}" if near else "`market_maker generate-config` lists all"

"""Every error we raise on purpose.

MakerError
├── DomainError                 the caller asked for something the rules forbid (HTTP 4xx)
│   ├── InvalidFieldError       a field's value is not allowed; names field, value, allowed
│   │   └── UnknownFieldError   there is no such field
│   ├── IllegalTransitionError  a command that the state table does not allow
│   ├── InvalidDataError        a file or message that cannot be what it claims to be
│   ├── NotFoundError           nothing of that name exists
│   ├── ForbiddenError          the caller lacks the role for it
│   └── ConflictError           another change came first: the caller's version is out of date
├── VenueError                  the outside world failed us
│   ├── VenueUnavailableError   try again
│   └── VenueRefusedError       do not try again
├── StoreError                  the database failed us
│   ├── StoreUnavailableError   it does not answer; whether the transaction holds is not known
│   └── SchemaError             its tables are older or newer than this program
├── NoProofError                a service runs and did not say what became of its orders
├── BusError                    the event bus failed us
│   ├── BusUnavailableError     try again
│   └── BusRefusedError         do not try again
├── RegistryError               the schema registry failed us
│   ├── RegistryUnavailableError  try again
│   ├── SchemaUnknownError      it does not have that schema
│   └── SchemaRefusedError      it does not take that schema: old and new cannot read one another
├── WalletError                 the wallet failed us
│   └── WalletUnavailableError  whether the money moved is not known
└── ProcessLostError            a process that worked for us ended before its work did
"""

from collections.abc import Mapping
from decimal import Decimal

SHOWN_VALUE_LENGTH_MAX = 60

_BITS_MAX = 256
"""Of a whole number that is written out: Python itself refuses to print very long ones."""


class MakerError(Exception):
    """Base of all our errors. One that was raised in another process arrives as it was."""

    def __reduce__(self) -> tuple[object, ...]:  # type: ignore[explicit-override]  # needs 3.12
        # Python would call the class with the message alone.
        return _again, (type(self), self.args, vars(self))


def _again(kind: type[MakerError], args: tuple[object, ...], fields: dict[str, object]) -> object:
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(fields)
    return error


class DomainError(MakerError):
    """The request breaks a rule of the business."""


class InvalidFieldError(DomainError):
    """`value` is not allowed in `field`; `allowed` says what is, in words. A `value` of None
    says that the field is missing."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        refused = f"{shown(value)} is not allowed; allowed:" if value is not None else "missing;"
        super().__init__(f"{field}: {refused} {allowed}")
        self.field, self.value, self.allowed = field, value, allowed


class UnknownFieldError(InvalidFieldError):
    """There is no `field`, whatever its `value`; `allowed` names those there are."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        super().__init__(field, value, allowed)
        self.args = (f"{field}: there is no such field; allowed: {allowed}",)


def shown(value: object) -> str:
    """A value as the one who wrote it would know it again: 1000, 0.5, 'a text', true, a list."""
    match value:
        case bool():
            text = "true" if value else "false"
        case int() if value.bit_length() > _BITS_MAX:
            text = "a number of very many digits"
        case Decimal() if value.is_finite() and abs(value.adjusted()) < SHOWN_VALUE_LENGTH_MAX:
            text = f"{value:f}"
        case str():
            text = repr(value)
        case list() | tuple():
            text = "a list"
        case Mapping():
            text = "a table"
        case _:
            text = str(value)
    if len(text) > SHOWN_VALUE_LENGTH_MAX:
        return text[:SHOWN_VALUE_LENGTH_MAX] + "…"
    return text


class IllegalTransitionError(DomainError):
    """`command` is not a move of the state table from `state`; `allowed` lists what is."""

    def __init__(self, state: str, command: str, allowed: tuple[str, ...]) -> None:
        moves = ", ".join(allowed) or "nothing"
        super().__init__(f"cannot {command} while {state}; allowed: {moves}")
        self.state, self.command, self.allowed = state, command, allowed


class InvalidDataError(DomainError):
    """`source` (a file, a line of it) is not what it should be; `problem` says how."""

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"{source}: {problem}")
        self.source, self.problem = source, problem


class NotFoundError(DomainError):
    """There is no `kind` (pool, participant, member, ...) called `name`, or none at all; where
    says in or of what, in words."""

    def __init__(self, kind: str, name: str | None, where: str = "") -> None:
        called = kind if name is None else f"{kind} {name!r}"
        super().__init__(f"there is no {called} {where}".rstrip())
        self.kind, self.name = kind, name


class ForbiddenError(DomainError):
    """The rules leave this to another role than the caller's."""


class ConflictError(DomainError):
    """`field` does not hold what the caller thought, or is taken already; `current` is what it
    holds, `problem` says the rest in words."""

    def __init__(self, field: str, current: object, problem: str) -> None:
        super().__init__(f"{field}: {problem}; it is {current!r} now")
        self.field, self.current, self.problem = field, current, problem


class NoProofError(MakerError):
    """`service` runs, and did not say what became of its orders; `otherwise`: what to do now."""

    def __init__(self, service: str, problem: str, otherwise: str) -> None:
        super().__init__(f"{service} {problem}: orders may be open. {otherwise}")


class VenueError(MakerError):
    """The venue failed us."""


class VenueUnavailableError(VenueError):
    """Timeouts, disconnects, 5xx, rate limits: retry later."""


class VenueRefusedError(VenueError):
    """The venue understood and said no: retrying repeats the refusal."""


class StoreError(MakerError):
    """The database failed us."""


class StoreUnavailableError(StoreError):
    """The database is down, slow or cut off. A transaction that ends like this may have been
    committed all the same: ask before doing it again."""


class SchemaError(StoreError):
    """The tables are not the ones this program was made for; the message says what to do."""


class BusError(MakerError):
    """The event bus failed us."""


class BusUnavailableError(BusError):
    """The bus does not answer: the same event may go out later."""


class BusRefusedError(BusError):
    """The bus will never take this event: its topic is unknown, or it is too large."""


class RegistryError(MakerError):
    """The schema registry failed us."""


class RegistryUnavailableError(RegistryError):
    """The registry does not answer, or what answers is no registry."""


class SchemaUnknownError(RegistryError):
    """The registry does not have this schema."""


class SchemaRefusedError(RegistryError):
    """The registry does not take this schema: an older version cannot be read by it, or it by an
    older one."""


class WalletError(MakerError):
    """The wallet failed us."""


class WalletUnavailableError(WalletError):
    """The wallet does not answer: whether it moved the money is unknown until it does."""


class ProcessLostError(MakerError):
    """A process that worked for us ended before its work did."""

"""Every error we raise on purpose.

MakerError
├── DomainError                 the caller asked for something the rules forbid (HTTP 4xx)
│   ├── InvalidFieldError       a field's value is not allowed; names field, value, allowed
│   ├── IllegalTransitionError  a command that the state table does not allow
│   └── InvalidDataError        a file or message that cannot be what it claims to be
└── VenueError                  the outside world failed us
    ├── VenueUnavailableError   try again
    └── VenueRefusedError       do not try again
"""

SHOWN_VALUE_LENGTH_MAX = 60


class MakerError(Exception):
    """Base of all our errors."""


class DomainError(MakerError):
    """The request breaks a rule of the business."""


class InvalidFieldError(DomainError):
    """`value` is not allowed in `field`; `allowed` says what is, in words."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        shown = repr(value)
        if len(shown) > SHOWN_VALUE_LENGTH_MAX:
            shown = shown[:SHOWN_VALUE_LENGTH_MAX] + "…"
        super().__init__(f"{field}: {shown} is not allowed; allowed: {allowed}")
        self.field, self.value, self.allowed = field, value, allowed


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


class VenueError(MakerError):
    """The venue failed us."""


class VenueUnavailableError(VenueError):
    """Timeouts, disconnects, 5xx, rate limits: retry later."""


class VenueRefusedError(VenueError):
    """The venue understood and said no: retrying repeats the refusal."""

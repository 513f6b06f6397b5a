"""What is said of an error that ends a command, and the exit code."""

import errno
from typing import get_args

import typer
import typer.core

from market_maker.model.errors import DomainError, MakerError, VenueRefusedError, shown

EXIT_FAILED = 1
EXIT_USAGE = 2

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}

NO_PATH = {errno.ENAMETOOLONG, errno.ELOOP}
"""Names that no file can have, and links that lead to themselves."""

KINDS = {int: "a whole number", float: "a number", bool: "true or false"}
"""What an option of such a type takes. Any other is checked by words of ours or of typer's."""

LIBRARY_WORDS = ("Value error, ", "Assertion failed, ")
"""With which pydantic begins what a value's own check says."""


def explained(error: typer.TyperException | MakerError | OSError) -> tuple[str, int]:
    """What to say of an error, and the exit code."""
    match error:
        case typer.TyperException():
            return _usage_message(error), EXIT_USAGE
        case DomainError() | VenueRefusedError():
            return str(error), EXIT_USAGE
        case (
            FileNotFoundError()
            | FileExistsError()
            | IsADirectoryError()
            | NotADirectoryError()
            | PermissionError()
        ):
            return f"{error.filename}: {error.strerror}", EXIT_USAGE
        case OSError(errno=number) if number in NO_PATH:
            return f"{error.filename}: {error.strerror}", EXIT_USAGE
        case OSError(errno=number) if number in NO_ROOM:
            written = error.filename or "standard output"  # documents.writing names files
            return f"{written}: cannot be written: {str(error.strerror).lower()}", EXIT_FAILED
        case _:
            return str(error), EXIT_FAILED


def known_cause(error: BaseException) -> typer.TyperException | MakerError | OSError | None:
    """What ended a command, if it is none of our bugs: of tasks that ran side by side the first; of
    a library's end of the program the broken pipe that it was for."""
    if isinstance(error, SystemExit):
        error = error.__context__ if isinstance(error.__context__, BrokenPipeError) else error
    if isinstance(error, ExceptionGroup):
        return _first_known(error)
    return error if isinstance(error, typer.TyperException | MakerError | OSError) else None


def _first_known(group: ExceptionGroup[Exception]) -> MakerError | OSError | None:
    """The first error of tasks that ran side by side, if none of them is a bug."""
    known = group.subgroup((MakerError, OSError))
    if known is None or group.split((MakerError, OSError))[1] is not None:
        return None
    first: Exception = known
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first if isinstance(first, MakerError | OSError) else None


def _usage_message(error: typer.TyperException) -> str:
    # Typer repeats the words of pydantic, which do not say which value; its cause does.
    message = error.format_message()
    details: list[dict[str, object]] = getattr(error.__cause__, "errors", list)()
    values = [shown(detail["input"]) for detail in details]
    parameter = getattr(error, "param", None)
    if values and parameter is not None and (allowed := _allowed(parameter)):
        return f"Invalid value for {parameter.get_error_hint()}: {values[0]} is not {allowed}"
    for words in LIBRARY_WORDS:
        message = message.replace(words, "")
    return " ".join([message, *(f"(given: {value})" for value in values if value not in message)])


def _allowed(parameter: typer.core.TyperOption | typer.core.TyperArgument) -> str | None:
    """What a parameter takes, in words; None where KINDS has none for its type."""
    declared = parameter.type_descriptor
    each = get_args(declared.annotation) or (declared.annotation,)
    if (kind := KINDS.get(each[0])) is None:
        return None
    match declared.parameter_info.min, declared.parameter_info.max:
        case None, None:
            return kind
        case least, None:
            return f"{kind} of at least {least}"
        case None, most:
            return f"{kind} of at most {most}"
        case least, most:
            return f"{kind} from {least} to {most}"

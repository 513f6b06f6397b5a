"""What is said of an error that ends a command, and the exit code."""

import errno

import typer

from market_maker.model.errors import DomainError, MakerError, VenueRefusedError

EXIT_FAILED = 1
EXIT_USAGE = 2

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}

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
        case OSError(errno=number) if number in NO_ROOM:
            written = error.filename or "standard output"  # documents.writing names files
            return f"{written}: cannot be written: {str(error.strerror).lower()}", EXIT_FAILED
        case _:
            return str(error), EXIT_FAILED


def _usage_message(error: typer.TyperException) -> str:
    # Typer says what is wrong with a value but not which value; its cause, from pydantic, does.
    message = error.format_message()
    for words in LIBRARY_WORDS:
        message = message.replace(words, "")
    details: list[dict[str, object]] = getattr(error.__cause__, "errors", list)()
    shown = [repr(detail["input"]) for detail in details]
    return " ".join([message, *(f"(given: {value})" for value in shown if value not in message)])

"""Real captures that lie beside the repository and are no part of it."""

from pathlib import Path

import pytest

_FOLDER = Path(__file__).parents[2] / "shared" / "data"


def shared_data(name: str) -> Path | None:
    """The folder ../shared/data/<name>, or None where it is missing."""
    folder = _FOLDER / name
    return folder if folder.is_dir() else None


def need_shared_data(name: str) -> Path:
    """The same, skipping the test where it is missing."""
    folder = shared_data(name)
    if folder is None:
        pytest.skip("../shared/data is not there")
    return folder


def need_shared_vectors(name: str) -> Path:
    """The folder ../shared/vectors/<name>, skipping the test where it is missing."""
    folder = _FOLDER.parent / "vectors" / name
    if not folder.is_dir():
        pytest.skip("../shared/vectors is not there")
    return folder


def need_shared_seed(name: str) -> Path:
    """The file ../shared/seeds/<name>, skipping the test where it is missing."""
    path = _FOLDER.parent / "seeds" / name
    if not path.is_file():
        pytest.skip("../shared/seeds is not there")
    return path


def need_field_case(number: str, name: str) -> Path:
    """The file ../shared/cases/field/<number>_.../name, skipping the test where it is missing."""
    folder = _FOLDER.parent / "cases" / "field"
    found = next(folder.glob(f"{number}_*/{name}"), None)
    if found is None:
        pytest.skip("../shared/cases is not there")
    return found

from pathlib import Path

import pytest

from market_maker.documents import read_document, replace_whole
from market_maker.model.errors import InvalidDataError
from tests.support.full_disk import full_disk


def refusal(path, limit=10):
    with pytest.raises(InvalidDataError) as caught:
        read_document(path, limit)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_file_up_to_its_limit_is_read_whole(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    assert read_document(path, 10) == b"0123456789"
    assert "larger than 9 bytes" in refusal(path, 9)


def test_what_cannot_be_read_is_said_in_one_line(tmp_path):
    assert "no such file or directory" in refusal(tmp_path / "absent")
    assert "is a directory" in refusal(tmp_path)


def test_a_device_without_an_end_is_not_read_further_than_the_limit():
    assert "/dev/zero: is larger than 1,000 bytes" in refusal(Path("/dev/zero"), 1_000)


def test_a_file_is_replaced_whole_or_not_at_all_and_leaves_no_draft(tmp_path):
    path = tmp_path / "list.json"
    replace_whole(path, b"before")
    assert path.stat().st_mode & 0o777 == 0o600
    with full_disk(room=3), pytest.raises(OSError, match="too large"):
        replace_whole(path, b"afterwards")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]

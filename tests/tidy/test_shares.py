"""No test is lost between the shares of a run."""

import pytest

from tests.shares import HERE, LEFT_TO_TEST, LONGEST, MARKED, Share, is_left_out

SLOW = "pytestmark = [pytest.mark.anyio, pytest.mark.slow]\n"
SOME = "@pytest.mark.thorough\ndef test_a():\n    pass\n"
NONE = "def test_a():\n    pass\n"


@pytest.mark.parametrize(
    ("text", "beside", "shares"),
    [
        (SLOW, "", {Share.REST}),
        (SOME, "", {Share.CHECK, Share.REST}),
        (NONE, "", {Share.CHECK}),
        (NONE, "marks=pytest.mark.slow", {Share.CHECK, Share.REST}),
    ],
)
def test_a_file_is_in_every_share_that_it_has_a_test_of(tmp_path, text, beside, shares):
    path = tmp_path / "test_it.py"
    path.write_text(text)
    (tmp_path / "conftest.py").write_text(beside)
    assert {share for share in Share if not is_left_out(path, share, tmp_path)} == shares


def test_marks_stand_in_test_files_and_in_conftest_only():
    marked = {path for path in (HERE / "tests").rglob("*.py") if MARKED.search(path.read_text())}
    others = {path.name for path in marked if not path.name.startswith("test_")}
    assert others == {"conftest.py"}


def test_files_that_are_named_exist():
    assert [name for name in (*LONGEST, *LEFT_TO_TEST) if not (HERE / name).exists()] == []

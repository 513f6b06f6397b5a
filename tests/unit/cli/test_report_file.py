"""A page is refused before the work, or written whole."""

import pytest

from market_maker.cli.report_file import check_report, write_report
from market_maker.model.errors import InvalidDataError, InvalidFieldError


def test_what_could_not_be_written_is_refused_before_the_run(tmp_path):
    recording, report = tmp_path / "a.npz", tmp_path / "a.html"
    recording.touch()
    check_report(None, recording, force=False)
    check_report(report, recording, force=False)
    for wrong in (tmp_path / "none" / "a.html", tmp_path, recording):
        with pytest.raises(InvalidFieldError, match="report"):
            check_report(wrong, recording, force=True)
    report.touch()
    with pytest.raises(InvalidFieldError, match="--force"):
        check_report(report, recording, force=False)
    check_report(report, recording, force=True)


def test_a_page_replaces_the_old_one_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "a.html"
    path.write_text("old")
    write_report(path, "new")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_page_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InvalidDataError, match="cannot be written"):
        write_report(tmp_path / "none" / "a.html", "page")

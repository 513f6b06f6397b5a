"""The benchmark of scores, analytics, settlement and ledger runs, on rows that are right."""

import pytest

from bench import money

pytestmark = pytest.mark.slow


def test_the_benchmark_runs_on_rows_that_the_check_of_the_ledger_finds_right(capsys):
    assert money.main(["--fills", "300", "4200"]) == 0
    out = capsys.readouterr().out
    for name in ("roll-up of a day", "leaderboard", "overview", "settlement", "ledger check"):
        assert out.count(f"\n{name}") >= 2
    assert "NOT right" not in out

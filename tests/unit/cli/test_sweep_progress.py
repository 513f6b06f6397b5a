import pytest

from market_maker.cli.sweep_progress import left_words, sweep_progress


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (150, "2 min"), (3_600, "60 min"), (12_000, "3 h 20 min")],
)
def test_time_left_is_in_the_unit_that_fits(seconds, words):
    assert left_words(seconds) == words


def test_without_a_terminal_the_beginning_and_the_end_are_a_line_each(capsys):
    with sweep_progress() as progress:
        progress(40, 201)
        for done in range(41, 202):
            progress(done, 201)
    first, *_, last = capsys.readouterr().err.splitlines()
    assert first == "sweep: 201 runs, 40 of them done earlier"
    assert last.startswith("sweep: 201 of 201 runs, ")
    assert last.endswith(" a minute, 0 s left")

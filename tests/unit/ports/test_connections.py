"""Where connections are counted, and where they are not."""

from market_maker.ports.connections import UNCOUNTED, GivenUp


def test_what_runs_beside_a_service_counts_nothing_and_says_nothing() -> None:
    UNCOUNTED.made("database")
    UNCOUNTED.given_up("database", GivenUp.UNREADABLE, "words")


def test_reasons_are_words_of_a_label() -> None:
    assert [str(why) for why in GivenUp] == ["ended", "silent", "unreadable", "left", "idle"]

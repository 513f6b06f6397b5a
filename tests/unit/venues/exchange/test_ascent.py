import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidDataError
from market_maker.venues.exchange.ascent import AGAINST, JUMP_MAX, Ascent, TopicPlace, TopicVerdict

NEWS, OLD, ANEW = TopicVerdict.NEWS, TopicVerdict.OLD, TopicVerdict.ANEW


def judged(ascent: Ascent, *places: TopicPlace) -> list[TopicVerdict]:
    return [ascent.judge(place) for place in places]


def test_what_grows_is_news_and_a_repetition_however_far_back_is_old() -> None:
    ascent = Ascent()
    places = [(1, seq) for seq in range(5, 20)]
    assert judged(ascent, *places) == [NEWS] * len(places)
    assert judged(ascent, *places) == [OLD] * len(places)
    assert ascent.newest == (1, 19)


@pytest.mark.parametrize("fault", [(1, 900), (2, 1), (7, 10**6), (10**18, 3)])
def test_three_that_follow_one_another_show_that_the_first_of_all_was_a_fault(
    fault: TopicPlace,
) -> None:
    ascent = Ascent()
    assert judged(ascent, fault, (1, 5), (1, 6), (1, 7), (1, 8)) == [NEWS, OLD, OLD, ANEW, NEWS]


def test_so_do_those_after_a_first_one_that_was_far_too_low() -> None:
    ascent, epoch = Ascent(), 1_790_000_000 * 10**9
    assert ascent.judge((1, 5)) is NEWS
    for seq in (1, 2):
        with pytest.raises(InvalidDataError, match="too far ahead of 1"):
            ascent.judge((epoch, seq))
    assert judged(ascent, (epoch, 3), (epoch, 4)) == [ANEW, NEWS]


def test_a_fault_in_the_middle_is_found_out_and_what_was_before_it_stays_old() -> None:
    ascent = Ascent()
    told = judged(ascent, (1, 5), (1, 6), (2, 0), (1, 6), (1, 7), (1, 8), (1, 9), (1, 10), (1, 8))
    assert told == [NEWS, NEWS, NEWS, OLD, OLD, OLD, ANEW, NEWS, OLD]


def test_a_new_epoch_that_goes_on_is_none() -> None:
    ascent = Ascent()
    assert judged(ascent, (1, 5), (2, 0), (2, 1)) == [NEWS] * 3
    assert judged(ascent, (1, 6), (1, 7), (1, 8), (1, 9)) == [OLD] * 4


def test_the_same_one_again_and_again_shows_nothing() -> None:
    ascent = Ascent()
    assert ascent.judge((2, 0)) is NEWS
    assert judged(ascent, *[(1, 5)] * 9) == [OLD] * 9


@given(st.permutations(range(AGAINST)))
def test_some_that_were_overtaken_show_nothing_before_there_are_three(order: list[int]) -> None:
    ascent = Ascent()
    assert judged(ascent, (1, 1), (1, 100)) == [NEWS] * 2
    assert OLD in judged(ascent, *((1, 10 + each) for each in order[: AGAINST - 1]))
    assert ascent.newest == (1, 100)


def test_a_thousand_million_may_be_missed_and_no_more() -> None:
    ascent = Ascent()
    assert judged(ascent, (1, 0), (1, JUMP_MAX)) == [NEWS] * 2
    with pytest.raises(InvalidDataError, match="seq"):
        ascent.judge((1, 2 * JUMP_MAX + 1))

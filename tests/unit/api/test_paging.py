import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.api.paging import PagePosition, cursor_of, key_of, page_of
from market_maker.model.errors import InvalidFieldError

KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.sets(KEYS, max_size=30), st.integers(1, 10))
def test_pages_give_every_row_once_in_order(keys, limit):
    rows, seen, cursor = sorted(keys), [], None
    while True:
        page = page_of(rows, str, PagePosition(limit, cursor))
        seen += page.items
        assert len(page.items) <= limit
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == rows


def test_rows_that_come_and_go_between_pages_shift_nothing():
    first = page_of(["a", "c", "e", "g"], str, PagePosition(2, None))
    second = page_of(["b", "e", "f", "g"], str, PagePosition(9, first.next_cursor))
    assert second.items == ("e", "f", "g")


def test_a_cursor_goes_on_with_nothing_but_what_it_came_from():
    cursor = page_of(["a", "b", "c"], str, PagePosition(1, None, "state=ACTIVE")).next_cursor
    assert page_of(["a", "b", "c"], str, PagePosition(2, cursor, "state=ACTIVE")).items == (
        "b",
        "c",
    )
    with pytest.raises(InvalidFieldError, match="same filters"):
        page_of(["a", "b", "c"], str, PagePosition(1, cursor))


@given(KEYS)
def test_a_key_comes_out_of_its_cursor(key):
    assert key_of(cursor_of(key)) == key


@given(st.text(max_size=40))
def test_any_text_is_a_cursor_of_ours_or_refused(text):
    try:
        assert cursor_of(key_of(text)) == text
    except InvalidFieldError as error:
        assert error.field == "cursor"  # noqa: PT017


@pytest.mark.parametrize("cursor", ["é", "a", "====", "_w", "QQ==", "QR"])
def test_a_foreign_cursor_is_refused(cursor):
    with pytest.raises(InvalidFieldError):
        key_of(cursor)

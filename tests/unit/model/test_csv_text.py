"""CSV that comes back as it was, and no cell that a spreadsheet runs."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.csv_text import csv_line, safe_text

CELLS = st.lists(st.text(st.characters(exclude_characters="\0")), min_size=2)


@given(CELLS)
def test_a_line_is_read_back_as_it_was_written(cells):
    (read, *_) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert read == cells


@given(st.sampled_from("=+-@\t\r\n＝"), st.text())
def test_a_text_that_begins_like_a_formula_is_marked_as_a_text(first, rest):
    assert safe_text(first + rest).startswith("'")

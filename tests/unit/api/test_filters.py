import pytest

from market_maker.api.filters import SpanQuery, WindowQuery
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import Nanos


@pytest.mark.parametrize("kind", [SpanQuery, WindowQuery])
def test_a_span_that_ends_before_it_begins_is_refused(kind):
    assert kind(since=Nanos(1), until=Nanos(1)).since == 1
    with pytest.raises(InvalidFieldError, match="not before since"):
        kind(since=Nanos(2), until=Nanos(1))

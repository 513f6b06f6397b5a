"""What an engine did is stored under an id of its own, in the trace that it belongs to."""

import pytest

from market_maker.journaling.record_request import RecordRequest
from market_maker.sandbox.listings import LISTINGS
from market_maker.telemetry.tracing import tracing


def test_each_has_an_id_of_its_own_and_the_trace_that_holds():
    with tracing("a" * 32):
        one, other = RecordRequest(None, 1, None), RecordRequest(None, 1, None)
    assert one.request_id != other.request_id
    assert one.trace_id == other.trace_id == "a" * 32
    assert RecordRequest(None, 1, None).trace_id == ""


def test_a_note_about_an_engine_has_its_instrument():
    instrument = LISTINGS[0].instrument
    assert RecordRequest(instrument, 1, None).of is instrument
    with pytest.raises(AssertionError):
        _ = RecordRequest(None, 1, None).of

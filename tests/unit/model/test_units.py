import msgspec
import pytest

from market_maker.model.units import packable


@pytest.mark.parametrize("value", [0, -1, -(2**63), 2**64 - 1])
def test_what_messagepack_takes_stays_a_number(value):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(packable(value))) == value


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**64, 10**30])
def test_what_is_beyond_is_packed_by_its_digits(value):
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(packable(value))) == str(value)

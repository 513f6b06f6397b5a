import numpy as np

from market_maker.replay_venue.compiled import arrays_at, compiled, float64s, int64s, octets
from market_maker.replay_venue.replay_layout import REQUEST

requests_at = arrays_at(REQUEST)


@compiled
def worked(records, numbers, small, floats):
    """A bit of everything, on what stands at four addresses."""
    requests = requests_at(records, 3)
    requests[0] = requests[1]
    requests[2].price = requests[1].price + 5
    whole = int64s(numbers, 3)
    whole[1] = whole[0] + octets(small, 2)[1]
    float64s(floats, 2)[1] = whole[1]
    pair = int64s(numbers, 3), int64s(numbers + 8, 2)
    return pair[0][1] + pair[1][1]


def addresses(*arrays):
    return [array.ctypes.data for array in arrays]


def test_compiled_code_reads_and_writes_what_stands_at_an_address():
    records = np.zeros(3, REQUEST)
    records[1] = (7, 1, 2, 0, 100, 9)
    numbers, small, floats = np.array([1, 2, 3]), np.array([0, 250], np.uint8), np.zeros(2)
    assert worked(*addresses(records, numbers, small, floats)) == 251 + 3
    assert records.tolist() == [(7, 1, 2, 0, 100, 9), (7, 1, 2, 0, 100, 9), (0, 0, 0, 0, 105, 0)]
    assert (numbers.tolist(), floats.tolist()) == ([1, 251, 3], [0.0, 251.0])


def test_plain_python_does_the_same():
    arrays = np.zeros(3, REQUEST), np.array([1, 2, 3]), np.array([0, 250], np.uint8), np.zeros(2)
    assert int64s(arrays[1].ctypes.data, 3).tolist() == [1, 2, 3]
    assert requests_at(arrays[0].ctypes.data, 3)["price"].tolist() == [0, 0, 0]

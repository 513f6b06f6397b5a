"""Any damage to a capture ends in a recording or in one line, and in bounded memory."""

import random
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market_maker.model.errors import InvalidDataError
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.storage.recording import read_recording, write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from tests.examples import examples
from tests.support.fuzz_importers import KINDS, fuzz
from tests.support.importer_seeds import SEEDS, mutated

MEMORY_MAX = 64 << 20
FILES = 2_000


@pytest.mark.thorough
@pytest.mark.parametrize("capture_format", SEEDS)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**32))
def test_a_mutated_capture_is_read_or_refused_in_one_line(tmp_path, capture_format, seed):
    rng = random.Random(seed)
    path = tmp_path / "x"
    for _ in range(5):
        path.write_bytes(mutated(SEEDS[capture_format], rng))
        for asked in (capture_format, CaptureFormat.AUTO):
            try:
                recording, _ = import_capture(asked, [path], ImportOptions())
                write_recording(tmp_path / "made", recording)
                assert read_recording(tmp_path / "made").rows == recording.rows
            except InvalidDataError as error:
                assert "\n" not in str(error).replace("\\n", "")  # noqa: PT017  # either is right


@pytest.mark.parametrize("capture_format", SEEDS)
def test_a_whole_seed_is_read(tmp_path, capture_format):
    path = tmp_path / "x"
    path.write_bytes(SEEDS[capture_format])
    _, report = import_capture(CaptureFormat.AUTO, [path], ImportOptions())
    assert (report.format, report.malformed) == (capture_format, 0)


def test_memory_is_bounded_by_the_rows_and_not_by_what_lines_claim(tmp_path):
    path = tmp_path / "x"
    odd = b'1700000000003000000 {"stream":"btcusdt@trade","data":' + b"[" * 100_000 + b"\n"
    path.write_bytes(SEEDS[CaptureFormat.BINANCE_FUTURES] + odd * 9)
    tracemalloc.start()
    try:
        _, report = import_capture(CaptureFormat.AUTO, [path], ImportOptions())
        assert tracemalloc.get_traced_memory()[1] < MEMORY_MAX
    finally:
        tracemalloc.stop()
    assert report.malformed == 9


@pytest.mark.thorough
def test_thousands_of_damaged_files_of_every_format_and_packing_end_well(tmp_path):
    counts, failures = fuzz(FILES, 7, tmp_path)
    assert failures == []
    assert {kind for kind, _ in counts} == {kind.value for kind in KINDS}

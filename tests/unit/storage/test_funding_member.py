"""Payments of funding on disk: versions, order, and what cannot be."""

import json
import zipfile
from decimal import Decimal

import msgspec
import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.recording import FundingPayment
from market_maker.model.units import Nanos
from market_maker.storage.funding_member import FUNDING_NAME, packed_payments, read_payments
from market_maker.storage.mapped_recording import open_mapped, write_mapped
from market_maker.storage.recording import (
    META_NAME,
    WITHOUT_FUNDING,
    WITHOUT_LIMITS,
    read_recording,
    write_recording,
)
from tests.toy_market import START, toy_recording

EXACT = Decimal("0.0001875391284828")


def paid(second, rate=EXACT, mark="50000.12345678"):
    at = Nanos(START + second * 10**9)
    return FundingPayment(at, Nanos(at + 5), Decimal(rate), Decimal(mark))


PAYMENTS = (paid(1), paid(2, "-0.0003"))


@pytest.fixture
def recording():
    return msgspec.structs.replace(toy_recording(seconds=3), funding=PAYMENTS)


@pytest.fixture
def path(tmp_path, recording):
    write_recording(tmp_path / "funded.mmrec", recording)
    return tmp_path / "funded.mmrec"


def version_of(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(META_NAME))["version"]


def without(path, name):
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist() if each != name}
    with zipfile.ZipFile(path, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)


def test_payments_survive_the_disk_to_the_last_digit(path):
    assert read_recording(path).funding == PAYMENTS
    assert version_of(path) == WITHOUT_LIMITS


def test_a_recording_without_any_is_one_that_older_builds_read(tmp_path):
    write_recording(tmp_path / "plain.mmrec", toy_recording(seconds=1))
    assert version_of(tmp_path / "plain.mmrec") == WITHOUT_FUNDING
    assert read_recording(tmp_path / "plain.mmrec").funding == ()


def test_payments_that_are_missing_are_named(path):
    without(path, FUNDING_NAME)
    with pytest.raises(InvalidDataError, match=FUNDING_NAME):
        read_recording(path)


def test_other_payments_than_were_written_are_an_altered_file(path):
    other = packed_payments("x", (paid(1),))
    without(path, FUNDING_NAME)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(FUNDING_NAME, other)
    with pytest.raises(InvalidDataError, match="checksum"):
        read_recording(path)


def test_payments_out_of_order_are_refused_on_write_and_on_read():
    with pytest.raises(InvalidDataError, match="not after the last one"):
        packed_payments("x", PAYMENTS[::-1])
    with pytest.raises(InvalidDataError, match="not after the last one"):
        read_payments("x", msgspec.json.encode(PAYMENTS[::-1]))


@pytest.mark.parametrize("change", [{"rate": "2"}, {"mark": "0"}, {"ts_event": 0}, {"mark": "x"}])
def test_a_payment_that_cannot_be_is_refused_on_read(change):
    (good,) = msgspec.to_builtins((PAYMENTS[0],))
    with pytest.raises(InvalidDataError, match=FUNDING_NAME):
        read_payments("x", msgspec.json.encode([good | change]))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ((5, 4, "0.1", "1"), "ts_event"),
        ((5, 5, "NaN", "1"), "rate"),
        ((5, 5, "1e-999999", "1"), "rate"),
        ((5, 5, "0.1", "Infinity"), "mark"),
    ],
)
def test_a_payment_that_cannot_be_never_exists(fields, name):
    with pytest.raises(InvalidFieldError, match=name):
        FundingPayment(Nanos(fields[0]), Nanos(fields[1]), Decimal(fields[2]), Decimal(fields[3]))


def test_workers_map_the_payments_too(tmp_path, recording):
    write_mapped(tmp_path / "mapped", recording)
    assert open_mapped(tmp_path / "mapped").funding == PAYMENTS

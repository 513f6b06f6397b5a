"""Work on a Dask cluster: here one of threads, behind a real scheduler."""

import operator

import pytest
from distributed import LocalCluster

from market_maker.model.errors import InvalidFieldError
from market_maker.research.cluster import Cluster


@pytest.fixture(scope="module")
def address():
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        host="127.0.0.1",
        dashboard_address=None,
    ) as local:
        yield local.scheduler_address


@pytest.fixture
def cluster(address, tmp_path):
    connected = Cluster(address, tmp_path)
    yield connected
    connected.close()


def test_every_result_comes_with_the_place_of_its_call(cluster):
    calls = [(operator.mul, (number, 10)) for number in range(5)]
    assert dict(cluster.execute(calls)) == {number: 10 * number for number in range(5)}
    assert cluster.workers == 1


def test_what_a_call_raises_is_raised(cluster):
    with pytest.raises(ZeroDivisionError):
        list(cluster.execute([(operator.truediv, (1, 0))]))


def test_a_folder_that_workers_do_not_have_is_refused(address, tmp_path):
    with pytest.raises(InvalidFieldError, match="a folder that all share"):
        Cluster(address, tmp_path / "nowhere")


@pytest.mark.parametrize("text", ["", "127.0.0.1", "tcp://nowhere", "http://127.0.0.1:8786"])
def test_an_address_that_names_no_scheduler_is_refused_at_once(text, tmp_path):
    with pytest.raises(InvalidFieldError, match="such as tcp://"):
        Cluster(text, tmp_path)

"""What a worker publishes is the pool as readers see it, and survives the way."""

from types import SimpleNamespace

import msgspec
import pytest
from msgspec import structs

from market_maker.execution.engines import RunningPool
from market_maker.execution.published_pool import (
    PublishedPool,
    PublishedProof,
    fingerprint_of,
    orphaned,
    published,
)
from market_maker.model.lifecycle import PoolState
from tests.support.office import ANN, SYMBOL, new_office

pytestmark = pytest.mark.anyio

READ = [name for name in vars(RunningPool) if not name.startswith("_")]
METHODS = {"unproved_for", "snapshot", "brief", "depth", "open_orders", "order_counts", "cause"}


async def test_everything_that_readers_ask_of_a_pool_is_published():
    async with new_office() as office:
        await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        pool = published(runner)
        for name in set(READ) - METHODS - {"proof"}:
            assert getattr(pool, name) == getattr(runner, name), name
        assert pool.snapshot() == runner.snapshot()
        assert pool.brief() == runner.brief()
        assert pool.depth(3) == runner.depth(3)
        assert pool.open_orders() == runner.open_orders()
        assert pool.order_counts() == runner.order_counts() == (len(pool.open_orders()), 0)
        assert pool.cause() == runner.cause()
        assert pool.proof.listed == runner.proof.listed
        now = office.clock.now()
        assert pool.unproved_for(now) == runner.unproved_for(now) == 0


async def test_it_is_the_same_after_json():
    async with new_office() as office:
        await office.quoting()
        await office.application.controls.kill(ANN, "drill")
        pool = published(office.engine_host.get(SYMBOL))
        content = msgspec.json.encode(pool)
        assert msgspec.json.decode(content, type=PublishedPool) == pool


async def test_what_is_not_asked_for_is_not_read():
    """An edge gets ten pictures of every pool a second; a configuration is the same in all."""
    async with new_office() as office:
        await office.quoting()
        pool = published(office.engine_host.get(SYMBOL))
        torn = structs.replace(pool, engine=msgspec.Raw(b"{"), book=msgspec.Raw(b"{"))
        got = msgspec.json.decode(msgspec.json.encode(pool), type=PublishedPool)
        assert (torn.state, torn.mid_x2, torn.config) == (pool.state, pool.mid_x2, pool.config)
        assert torn.order_counts() == pool.order_counts()
        assert got.snapshot() is got.snapshot(), "it is read once, however many ask"
        with pytest.raises(msgspec.DecodeError):
            torn.snapshot()


async def test_terms_that_the_reader_has_are_not_in_a_publication():
    async with new_office() as office:
        await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        first = published(runner)
        assert first.terms == (runner.instrument, runner.config)
        again = published(runner, first.terms)
        assert again.terms is None
        assert structs.replace(again, terms=first.terms).config is first.config
        whole, less = (len(msgspec.json.encode(each)) for each in (first, again))
        assert less < whole - len(msgspec.json.encode(runner.config))
        office.engine_host.configure(structs.replace(runner.config, version=99))
        await office.until(lambda: runner.config.version == 99)
        assert published(runner, first.terms).config.version == 99


async def test_open_orders_are_in_a_publication_once():
    async with new_office() as office:
        await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        content = msgspec.json.encode(published(runner))
        names = [order.client_order_id.encode() for order in runner.open_orders()]
        assert names
        assert [content.count(name) for name in names] == [1] * len(names)


async def test_what_was_done_in_a_pool_differs_from_what_only_moved():
    async with new_office() as office:
        await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        before, seen = fingerprint_of(runner), runner.snapshot()
        assert fingerprint_of(runner) == before
        await office.application.controls.kill(ANN, "drill")
        assert fingerprint_of(runner) != before
        assert seen.orders
        stopped = fingerprint_of(runner)
        await office.passes(200)
        assert runner.snapshot().now > seen.now
        assert fingerprint_of(runner)[:-1] == stopped[:-1], (
            "but when the venue last said what is open"
        )


async def test_a_pool_without_its_worker_is_paused_only_where_it_was_active():
    async with new_office() as office:
        await office.quoting()
        active = published(office.engine_host.get(SYMBOL))
        left = orphaned(active, office.clock.now(), "service", "worker 1 is gone")
        assert (left.state, left.reason, left.is_unproved) == (
            PoolState.PAUSED,
            "worker 1 is gone",
            True,
        )
        assert left.unproved_for(office.clock.now() + 5) == 5
        await office.application.controls.kill(ANN, "drill")
        halted = published(office.engine_host.get(SYMBOL))
        left = orphaned(halted, office.clock.now(), "service", "worker 1 is gone")
        assert (left.state, left.reason, left.halt) == (PoolState.HALTED, "drill", halted.halt)


async def test_every_attribute_is_published_under_its_own_name():
    """The struct is made by position: two of one kind would change places and nothing said so."""
    async with new_office() as office:
        await office.quoting()
        runner = office.engine_host.get(SYMBOL)
        proof = SimpleNamespace(**{name: object() for name in PublishedProof.__struct_fields__})
        worked_out = {"proof", "is_unproved", "unconfirmed", "strays", "last_look"}
        told = {name: object() for name in READ if name not in METHODS | worked_out}
        told["failure"] = None
        pool = SimpleNamespace(
            **told, proof=proof, snapshot=runner.snapshot, depth=runner.depth, cause=lambda: "cause"
        )
        out = published(pool)
        for name, value in told.items():
            assert getattr(out, name) is value, name
        for name, value in vars(proof).items():
            assert getattr(out.proof, name) is value, name
        assert (out.symbol, out.cause()) == (SYMBOL, "cause")
        assert (out.snapshot(), out.depth(3)) == (runner.snapshot(), runner.depth(3))
        assert set(PublishedPool.__struct_fields__) <= {
            *told,
            *("symbol", "proof", "engine", "book", "counts", "threat", "terms"),
        }, "and this test sees every field"
        broken = SimpleNamespace(**vars(pool) | {"failure": "why", "open_orders": tuple})
        assert (published(broken).failure, published(broken).cause()) == ("why", None)

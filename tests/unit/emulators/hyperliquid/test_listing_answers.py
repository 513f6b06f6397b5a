"""Answers about what is listed have the shapes that were recorded from the venue."""

import msgspec
import pytest

from tests.shared_data import need_shared_data
from tests.unit.emulators.hyperliquid.box import Box


@pytest.fixture(scope="module")
def box():
    return Box(coins=("BTC", "ETH", "xyz:TSLA", "xyz:XYZ100"))


def recorded(name, number=-1):
    folder = need_shared_data("hyperliquid_api") / "go-hyperliquid" / "decoded"
    return msgspec.json.decode((folder / f"{name}.json").read_bytes())[number]["response"]


def shape(value):
    """Keys and kinds, of lists the first element."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value[:1]]
    return type(value).__name__


def test_meta_and_contexts_of_a_builders_dex(box):
    theirs, ours = recorded("MetaAndAssetCtxs"), box.info("metaAndAssetCtxs", dex="xyz")
    assert shape(ours[0]["universe"]) == shape(theirs[0]["universe"])
    assert shape(ours[0]["marginTables"]) == shape(theirs[0]["marginTables"])
    assert shape(ours[1]) == shape(theirs[1])
    assert ours[0].keys() == theirs[0].keys()


def test_dexes_and_their_limits(box):
    theirs, ours = recorded("PerpDexs"), box.info("perpDexs")
    assert [one and one["name"] for one in ours] == [one and one["name"] for one in theirs]
    assert ours[1].keys() == theirs[1].keys()
    assert shape(box.info("perpDexLimits", dex="xyz")) == shape(recorded("PerpDexLimits"))
    assert shape(box.info("perpDexStatus", dex="xyz")) == shape(recorded("PerpDexStatus_WithDex"))


def test_spot_meta(box):
    theirs, ours = recorded("SpotMeta"), box.info("spotMeta")
    assert ours["universe"][0] == theirs["universe"][0]
    assert ours["tokens"][0] == theirs["tokens"][0]


def test_every_pairs_tokens_are_listed(box):
    meta = box.info("spotMeta")
    known = {token["index"] for token in meta["tokens"]}
    assert all(set(pair["tokens"]) <= known for pair in meta["universe"])
    assert len(box.info("spotMetaAndAssetCtxs")[1]) == len(meta["universe"])


def test_a_book_has_twenty_levels_and_a_grouped_one_joins_them(box):
    bids, asks = box.info("l2Book", coin="ETH")["levels"]
    assert len(bids) == len(asks) == 20
    assert set(bids[0]) == {"px", "sz", "n"}
    grouped, _ = box.info("l2Book", coin="ETH", nSigFigs=3)["levels"]
    assert all(float(level["px"]) % 10 == 0 for level in grouped)
    assert float(grouped[0]["sz"]) >= float(bids[0]["sz"])
    assert float(grouped[0]["px"]) <= float(bids[0]["px"])


def test_what_is_delisted_says_so_and_has_no_mid(box):
    meta, contexts = box.info("metaAndAssetCtxs")
    names = [asset["name"] for asset in meta["universe"]]
    gone = names.index("MATIC")
    assert meta["universe"][gone]["isDelisted"] is True
    assert contexts[gone]["midPx"] is None
    assert contexts[gone]["impactPxs"] is None
    assert contexts[names.index("BTC")]["midPx"] is not None

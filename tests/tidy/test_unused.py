"""What the product defines, the product uses. Each name is the rule; see tests/tidy/unused.py."""

from tests.tidy.unused import unused_members, unused_names

_OF_NUMBA = (
    *("_Codegen._add_module", "_Codegen._get_host_cpu_features", "_Codegen._get_host_cpu_name"),
    *("_Codegen.set_env", "_Library._finalize_specific", "_Library.get_pointer_to_function"),
)

ALLOWED = {
    **{
        f"src/market_maker/replay_venue/kernel_compiler.py:{name}": "numba calls it"
        for name in _OF_NUMBA
    },
    "src/market_maker/native_engine.py:_BuiltModules.find_spec": "Python's import calls it",
    "src/market_maker/replay_venue/recorded_exchange.py:RecordedExchange.rows_done": (
        "how far a replay is: benchmarks divide by it"
    ),
    "src/market_maker/replay_venue/wide_arithmetic.py:WideType.can_convert_from": "numba calls it",
    "src/market_maker/replay_venue/wide_arithmetic.py:WideType.unify": "numba calls it",
    "src/market_maker/risk/budget.py:MessageBudget.places_left": "what the budget's tests count",
    "src/market_maker/venues/exchange/joining.py:BookJoin.is_whole": "what its tests compare",
    **{
        f"src/market_maker/venues/http_answers.py:AnswerReader.on_{what}": "httptools calls it"
        for what in ("message_begin", "header", "headers_complete", "body", "message_complete")
    },
    "src/market_maker/venues/hyperliquid/streams.py:Streams.heard_of": "what its tests wait for",
}
"""What only tests or benchmarks use, and why it stands in the product."""


def test_every_function_class_and_constant_is_used_by_the_product() -> None:
    assert sorted(set(unused_names()) - ALLOWED.keys()) == []


def test_every_method_and_property_is_used_by_the_product() -> None:
    assert sorted(set(unused_members()) - ALLOWED.keys()) == []


def test_the_list_of_exceptions_names_nothing_that_is_used_or_gone() -> None:
    assert ALLOWED.keys() - {*unused_names(), *unused_members()} == set()

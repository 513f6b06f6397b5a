from msgspec.structs import replace

from market_maker.cli.sweep import decided_by
from tests.support.sweeps import made_plan, made_run


def test_how_many_runs_each_engine_made_is_said_with_the_reason():
    (stretch,) = made_plan(["gamma=1,2"]).rung(0)
    run = made_run(1, stretch, [1])
    kernel = replace(run, engine="compiled")
    other = replace(run, engine_reason="a ladder")
    assert decided_by([run]) == "python: 1 runs"
    assert decided_by([other, kernel, kernel]) == "compiled: 2 runs; python: 1 runs (a ladder)"

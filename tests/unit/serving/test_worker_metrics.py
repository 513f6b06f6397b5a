"""One page of the edge's metrics and those of its workers."""

from market_maker.serving.worker_metrics import merged

EDGE = """# HELP mm_lag How late.
# TYPE mm_lag gauge
mm_lag 0.5
# HELP mm_outbox Waiting.
# TYPE mm_outbox gauge
mm_outbox 3.0
"""
WORKER = """# HELP mm_lag How late.
# TYPE mm_lag gauge
mm_lag 0.25
# HELP mm_outbox Waiting.
# TYPE mm_outbox gauge
# HELP mm_turns Turns.
# TYPE mm_turns counter
mm_turns{symbol="A"} 7
mm_turns_bucket{symbol="A b",le="0.1"} 7
"""


def test_each_family_stands_once_and_samples_of_workers_have_their_number():
    assert (
        merged(EDGE, {1: WORKER, 2: WORKER})
        == """# HELP mm_lag How late.
# TYPE mm_lag gauge
mm_lag 0.5
mm_lag{worker="1"} 0.25
mm_lag{worker="2"} 0.25
# HELP mm_outbox Waiting.
# TYPE mm_outbox gauge
mm_outbox 3.0
# HELP mm_turns Turns.
# TYPE mm_turns counter
mm_turns{worker="1",symbol="A"} 7
mm_turns_bucket{worker="1",symbol="A b",le="0.1"} 7
mm_turns{worker="2",symbol="A"} 7
mm_turns_bucket{worker="2",symbol="A b",le="0.1"} 7
"""
    )


def test_without_workers_the_page_is_the_edge_s():
    assert merged(EDGE, {}) == EDGE

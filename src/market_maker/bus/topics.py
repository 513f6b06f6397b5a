"""What can be published: every topic, by its documented name."""

STATE_CHANGED = "mm.state.changed.v1"
"""A pool moved to another state."""
RISK_TRIGGERED = "mm.risk.triggered.v1"
"""A guard halted a pool."""
QUOTE_SIMULATED = "mm.quote.simulated.v1"
"""Shadow mode: an order that would have gone out."""

TOPICS = (STATE_CHANGED, RISK_TRIGGERED, QUOTE_SIMULATED)

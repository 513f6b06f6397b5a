"""The imperative shell around the engine: clocks, mailbox, actor, supervision."""

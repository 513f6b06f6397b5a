"""Market making as one product: a pool engine, a smart engine and a Hyperliquid maker."""

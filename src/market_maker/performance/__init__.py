"""How well members quote: presence sampling, daily roll-up, scores and obligations."""

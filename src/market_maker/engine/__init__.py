"""One symbol: facts in, actions out. Pure, synchronous, integers; the same in every mode."""

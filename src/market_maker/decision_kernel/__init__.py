"""The engine's decision in the replay venue's compiled loop: the same rules, without objects."""

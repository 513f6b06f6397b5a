"""A comparison at equal turnover, in this process and step by step."""

from market_maker.research.equal_turnover import Match, splits_of_first, splits_of_other


def walk_forward(recordings, contenders, run, match=Match.BEFORE):
    """Every split of every recording, by the labels of the contenders."""
    found = {}
    for name, recording in recordings:
        first, *others = contenders(recording)
        ours = run(recording, first.config)
        found.setdefault(first.label, []).extend(splits_of_first(name, ours))
        for other in others:
            splits = splits_of_other((name, ours, match), run, recording, other.config)
            found.setdefault(other.label, []).extend(splits)
    return found

from market_maker.model.actions import Turn
from market_maker.model.units import Nanos
from market_maker.service.journal import MemoryJournal


def test_the_newest_turns_are_kept_and_all_are_counted():
    journal = MemoryJournal(capacity=3)
    for now in range(5):
        journal.append(Turn(Nanos(now), (), ()))
    assert [turn.now for turn in journal.turns] == [2, 3, 4]
    assert journal.appended == 5

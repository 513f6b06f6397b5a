"""A seeded world whose turns go to the disk."""

import msgspec

from market_maker.journaling.journal import DiskJournal
from market_maker.journaling.journal_files import segments
from tests.simulation.world import World

SYMBOL = "BTCUSDT-PERP"


class Recorded(World):
    """A seeded world whose journal is a DiskJournal that is written when the test says so."""

    def __init__(self, seed, folder):
        super().__init__(seed)
        self.folder = folder
        self.disk = DiskJournal(SYMBOL, "build")
        self.disk.begin(self.engine)
        watcher, world = self.journal, self

        class Both:
            turns = watcher.turns

            def append(self, turn):
                watcher.append(turn)
                world.disk.append(turn)

        self.actor._ports = msgspec.structs.replace(self.actor._ports, journal=Both())

    def go(self, turns):
        until = len(self.journal.turns) + turns
        while len(self.journal.turns) < until:
            self._tell_people()
            self._meddle()
            self.step()
        return self

    def write(self):
        self.disk.write(self.folder, self.disk.take())
        return self

    def done(self):
        self.write()
        self.disk.close()
        return segments(self.folder)

"""What participants are called, for live pictures: asked of the database once each."""

from collections.abc import Iterable

from market_maker.model.pool import PoolConfig
from market_maker.model.units import ParticipantId
from market_maker.ports import Unit


class DisplayNames:
    """By participant, as far as they were asked for."""

    def __init__(self) -> None:
        self._names: dict[ParticipantId, str] = {}
        self._pools: set[str] = set()

    def of(self, participant_id: ParticipantId) -> str:
        """Empty where it is not known yet."""
        return self._names.get(participant_id, "")

    def know(self, config: PoolConfig) -> bool:
        """Whether nothing is left to ask for of a pool and its members."""
        members = (each.participant_id in self._names for each in config.members)
        return config.symbol in self._pools and all(members)

    async def learn(self, unit: Unit, participants: Iterable[ParticipantId]) -> None:
        """Ask for those that are not known yet. Raises StoreUnavailableError."""
        for each in participants:
            if each not in self._names:
                found = await unit.participants.get(each)
                self._names[each] = "" if found is None else found.display_name

    async def learn_former(self, unit: Unit, symbols: Iterable[str]) -> None:
        """Ask for all who are, or once were, in pools for which this was not asked yet: one who
        left may have left a position. Raises StoreUnavailableError."""
        new = [symbol for symbol in symbols if symbol not in self._pools]
        rows = (await unit.members.of_pools(new)).values() if new else ()
        await self.learn(unit, (row.member.participant_id for each in rows for row in each))
        self._pools.update(new)

    def forget(self, participant_id: ParticipantId) -> None:
        """It has another one now."""
        self._names.pop(participant_id, None)

"""What participants are called, for live pictures: asked of the database once each."""

from collections.abc import Iterable

from market_maker.model.units import ParticipantId
from market_maker.ports import Unit


class DisplayNames:
    """By participant, as far as they were asked for."""

    def __init__(self) -> None:
        self._names: dict[ParticipantId, str] = {}

    def of(self, participant_id: ParticipantId) -> str:
        """Empty where it is not known yet."""
        return self._names.get(participant_id, "")

    async def learn(self, unit: Unit, participants: Iterable[ParticipantId]) -> None:
        """Ask for those that are not known yet. Raises StoreUnavailableError."""
        for each in participants:
            if each not in self._names:
                found = await unit.participants.get(each)
                self._names[each] = "" if found is None else found.display_name

    def forget(self, participant_id: ParticipantId) -> None:
        """It has another one now."""
        self._names.pop(participant_id, None)

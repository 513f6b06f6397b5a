import asyncio
from decimal import Decimal

import pytest

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.participant import ParticipantCriteria, ParticipantStatus, Tier
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import ACME, NOW, participant

pytestmark = pytest.mark.anyio

LATER = Nanos(NOW + 5)


async def test_a_participant_comes_back_as_it_was_stored(store: Store) -> None:
    enrolled = participant(
        notes="two\nlines, 'quotes', \U0001f600", initial_margin_usdt=Decimal("0.10")
    )
    async with store.transaction() as unit:
        await unit.participants.add(enrolled)
    async with store.reading() as unit:
        found = await unit.participants.get(ACME)
        assert found == enrolled
        assert str(found.initial_margin_usdt) == "0.10"
        assert await unit.participants.get("nobody") is None


async def test_some_are_found_by_name(store: Store) -> None:
    enrolled = [participant(name) for name in ("acme", "beta", "carl")]
    async with store.transaction() as unit:
        for each in enrolled:
            await unit.participants.add(each)
        found = await unit.participants.some(["carl", "acme", "nobody"])
    assert found == {"acme": enrolled[0], "carl": enrolled[2]}


async def test_a_participant_id_is_given_once(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.participants.add(participant())
        with pytest.raises(ConflictError, match="acme"):
            await unit.participants.add(participant(display_name="Other"))
        found = await unit.participants.get(ACME)
    assert found == participant()


async def test_a_change_raises_the_version_and_an_old_version_is_refused(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.participants.add(participant())
        renamed = participant(display_name="Acme Ltd", created_at=Nanos(1))
        changed = await unit.participants.replace(renamed, 1, LATER)
    assert changed == participant(display_name="Acme Ltd", version=2, updated_at=LATER)
    async with store.transaction() as unit:
        with pytest.raises(ConflictError) as refused:
            await unit.participants.replace(renamed, 1, LATER)
        assert refused.value.current == 2
        with pytest.raises(NotFoundError):
            await unit.participants.replace(participant("nobody"), 1, LATER)


async def test_of_two_changes_at_once_one_is_refused(store: Store) -> None:
    async with store.transaction() as unit:
        await unit.participants.add(participant(status=ParticipantStatus.PENDING))

    async def move(status: ParticipantStatus) -> ParticipantStatus | None:
        try:
            async with store.transaction() as unit:
                moved = participant(status=status)
                return (await unit.participants.replace(moved, 1, LATER)).status
        except ConflictError:
            return None

    outcomes = await asyncio.gather(
        move(ParticipantStatus.ACTIVE), move(ParticipantStatus.TERMINATED)
    )
    (winner,) = [status for status in outcomes if status]
    async with store.reading() as unit:
        assert await unit.participants.get(ACME) == participant(
            status=winner, version=2, updated_at=LATER
        )


async def test_pages_filter_by_tier_and_by_words_as_they_stand(store: Store) -> None:
    async with store.transaction() as unit:
        for name, shown, tier in (
            ("p1", "Acme 100%", Tier.TIER_1),
            ("p2", "Acme 1000", Tier.TIER_2),
            ("beta-acme", "Beta", Tier.TIER_2),
        ):
            await unit.participants.add(participant(name, display_name=shown, tier=tier))

    async def found(**wanted: object) -> list[str]:
        async with store.reading() as unit:
            page = await unit.participants.page(9, wanted=ParticipantCriteria(**wanted))
        return [each.participant_id for each in page.items]

    assert await found(tier=Tier.TIER_2) == ["beta-acme", "p2"]
    assert await found(words="aCmE") == ["beta-acme", "p1", "p2"]
    assert await found(words="100%") == ["p1"]  # a percent sign is no wildcard
    assert await found(words="acme", tier=Tier.TIER_1) == ["p1"]


async def test_pages_filter_by_status(store: Store) -> None:
    async with store.transaction() as unit:
        for number in range(10):
            status = ParticipantStatus.ACTIVE if number % 2 else ParticipantStatus.PENDING
            await unit.participants.add(participant(f"p{number}", status=status))
    async with store.reading() as unit:
        wanted = ParticipantCriteria(status=ParticipantStatus.ACTIVE)
        page = await unit.participants.page(3, wanted=wanted)
        rest = await unit.participants.page(3, page.next_cursor, wanted)
    names = [found.participant_id for found in (*page.items, *rest.items)]
    assert names == ["p1", "p3", "p5", "p7", "p9"]
    assert rest.next_cursor is None


async def test_an_account_is_enrolled_once_until_its_participant_is_terminated(
    store: Store,
) -> None:
    async with store.transaction() as unit:
        await unit.participants.add(participant("acme", account_id="same"))
    with pytest.raises(ConflictError, match="acme has this account") as caught:
        async with store.transaction() as unit:
            await unit.participants.add(participant("beta", account_id="same"))
    assert caught.value.field == "account_id"
    async with store.transaction() as unit:
        ended = participant("acme", account_id="same", status=ParticipantStatus.TERMINATED)
        await unit.participants.replace(ended, 1, NOW)
        await unit.participants.add(participant("beta", account_id="same"))


async def test_of_two_who_enroll_one_account_at_once_one_is_refused(store: Store) -> None:
    async def enroll(name: str) -> None:
        async with store.transaction() as unit:
            await unit.participants.add(participant(name, account_id="same"))

    done = await asyncio.gather(enroll("acme"), enroll("beta"), return_exceptions=True)
    assert [type(each) for each in done if each is not None] == [ConflictError]


async def test_a_peak_is_kept_in_place_of_the_one_before(store: Store) -> None:
    async with store.transaction() as unit:
        for name in ("acme", "beta"):
            await unit.participants.add(participant(participant_id=name, account_id=name))
    first = {"acme": Decimal("12.3456789"), "beta": Decimal(1)}
    await store.commit(lambda unit: unit.participants.note_peaks(first, NOW))
    second = {"acme": Decimal("13.000000001")}
    await store.commit(lambda unit: unit.participants.note_peaks(second, LATER))
    async with store.reading() as unit:
        assert await unit.participants.peaks() == first | second


async def test_an_account_shows_all_that_it_ever_had_the_newest_first(store: Store) -> None:
    ended = ParticipantStatus.TERMINATED
    enrolled = (
        participant("old", account_id="one", status=ended),
        participant("newer", account_id="one", status=ended, created_at=LATER),
        participant("now", account_id="one", created_at=Nanos(LATER + 1)),
        participant("other", account_id="two", status=ended),
    )
    async with store.transaction() as unit:
        for each in enrolled:
            await unit.participants.add(each)
        known = await unit.participants.of_account("one")
    assert [each.participant_id for each in known] == ["now", "newer", "old"]

import pytest

from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, InvalidFieldError
from market_maker.operations.idempotency import KEPT, Remembered, Repetitions

pytestmark = pytest.mark.anyio
JANE, JOE = Caller("jane", (), "t-1"), Caller("joe", (), "t-2")
ANSWER = Remembered(201, b'{"id":1}')


@pytest.fixture
def repetitions(store, clock):
    return Repetitions(store, clock)


async def test_the_first_answer_is_given_again(repetitions):
    assert await repetitions.begin(JANE, "k", "print") is None
    await repetitions.finish(JANE, "k", ANSWER)
    assert await repetitions.begin(JANE, "k", "print") == ANSWER


async def test_keys_are_a_callers_own(repetitions):
    assert await repetitions.begin(JANE, "k", "print") is None
    assert await repetitions.begin(JOE, "k", "other") is None


async def test_another_request_under_the_same_key_is_refused(repetitions):
    await repetitions.begin(JANE, "k", "print")
    with pytest.raises(InvalidFieldError, match="Idempotency-Key"):
        await repetitions.begin(JANE, "k", "other")


async def test_what_has_begun_and_not_ended_is_not_begun_again(repetitions):
    await repetitions.begin(JANE, "k", "print")
    with pytest.raises(ConflictError, match="has begun and not ended"):
        await repetitions.begin(JANE, "k", "print")


async def test_what_was_refused_leaves_its_key_free(repetitions):
    await repetitions.begin(JANE, "k", "print")
    await repetitions.abandon(JANE, "k")
    assert await repetitions.begin(JANE, "k", "other") is None


async def test_keys_are_forgotten_after_a_day(repetitions, clock):
    await repetitions.begin(JANE, "k", "print")
    await repetitions.finish(JANE, "k", ANSWER)
    clock.sleep(KEPT - 1)
    assert await repetitions.begin(JANE, "k", "print") == ANSWER
    clock.sleep(KEPT)
    assert await repetitions.begin(JANE, "k", "print") is None

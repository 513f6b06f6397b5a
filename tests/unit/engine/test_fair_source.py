import random

from market_maker.model.events import BookTop
from tests.unit.engine.desk import FAIR, Desk


def test_a_microprice_that_is_still_the_mid_says_so():
    desk = Desk(fair_price="microprice").started()
    assert desk.snapshot.fair_source.startswith("mid: the microprice has seen 0 of 1,000 changes")
    for number in range(3_000):
        desk.turn(
            BookTop(
                desk.now, desk.now, FAIR + number % 3, 5 + number % 7, FAIR + 4, 5 + number % 5
            ),
            ms=1,
        )
    assert desk.snapshot.fair_source == "microprice"
    assert Desk(fair_price="mid").started().snapshot.fair_source == "mid"


def test_volatility_is_that_of_the_mid_whatever_fair_is():
    def sigma(source):
        desk = Desk(fair_price=source).started()
        rng = random.Random(5)
        for _ in range(60):
            bid, sizes = FAIR + rng.randint(-9, 9), (rng.randint(1, 99), rng.randint(1, 99))
            desk.top = (bid, bid + 6)
            desk.turn(BookTop(desk.now, desk.now, bid, sizes[0], bid + 6, sizes[1]), ms=1000)
        return desk.snapshot.sigma_bps

    assert sigma("weighted_mid") == sigma("mid") > 0

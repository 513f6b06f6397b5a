"""Seeded commands that keep a small book busy: every rule of matching is met many times."""

from random import Random

from market_maker.model.orders import Side
from market_maker.sandbox.reports import CancelOrder, NewOrder, OrderKind

ACCOUNTS = ("ann", "bob", "cleo", "dan", "eve")


def commands(seed, count):
    rng = Random(seed)
    middle, last_id, owners = 1_000, 0, {}
    for _ in range(count):
        middle = max(50, middle + rng.choice((-1, 0, 0, 0, 1)))
        account = rng.choice(ACCOUNTS)
        if rng.random() < 0.45:
            target = rng.randint(max(1, last_id - 40), last_id + 1)
            owner = owners.get(target, account) if rng.random() < 0.9 else account
            yield CancelOrder(owner, target)
            continue
        if rng.random() < 0.97 or not owners:
            last_id += 1
            owners[last_id] = account
        else:  # an id that may still be open
            account = owners[last_id]
        yield NewOrder(
            account=account,
            order_id=last_id,
            side=rng.choice((Side.BUY, Side.SELL)),
            price=middle + rng.randint(-12, 12) if rng.random() < 0.995 else rng.randint(-1, 1),
            size=rng.randint(1, 20) if rng.random() < 0.995 else rng.randint(-1, 0),
            kind=rng.choice((OrderKind.LIMIT, OrderKind.LIMIT, OrderKind.POST_ONLY, OrderKind.IOC)),
            reduce_only=rng.random() < 0.2,
        )

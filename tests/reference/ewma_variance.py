"""A plain exponentially weighted variance over the product's own step."""

from types import SimpleNamespace

from market_maker.estimators.volatility import ewma_add


class EwmaVariance:
    """initial: fraction squared per second, None for no past."""

    def __init__(self, half_life_seconds, initial=None):
        weight = 0.0 if initial is None else 1.0
        own = SimpleNamespace(half_life=half_life_seconds, total=initial or 0.0, weight=weight)
        self._own = own

    def add(self, change, seconds):
        ewma_add(self._own, change, seconds)

    @property
    def value(self):
        return self._own.total / self._own.weight

"""The arrays behind a fair price by regression, and how they get back into an engine's own."""
# ruff: noqa: SLF001  the state of an estimator moves as a whole

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from market_maker.decision_kernel import estimate_layout as layouts
from market_maker.decision_kernel.forecast_kernels import (
    COLUMNS,
    FACTORS,
    FORECASTS,
    MOST_TERMS,
    RING,
)
from market_maker.estimators.forecast import SAMPLE_EVERY, MoveForecast
from market_maker.estimators.horizon_factor import HorizonFactor
from market_maker.estimators.regression import LEVELS, RegressionMicroprice
from market_maker.model.orders import SIDES

_JUDGED = ("judged", "promised", "product", "seen", "last_mid_x2", "next_sample")
_FORECAST = ("bps", "raw_bps", "moments", "weight", *_JUDGED)


class RegressionState:
    """Of a fresh regression without a leading market. address: of the record."""

    def __init__(self, own: RegressionMicroprice) -> None:
        assert own.count == 0, "it is to be fresh"
        assert own.lead is None, "a leading market is not known here"
        self._own = own
        self._record = np.zeros(1, layouts.REGRESSION)
        self._forecasts = np.zeros(FORECASTS, layouts.FORECAST)
        self._factors = np.zeros(FACTORS, layouts.FORECAST)
        self._fits = np.zeros(FORECASTS, layouts.LEAST_SQUARES)
        self._imbalances = np.zeros(MOST_TERMS)
        self._levels = np.zeros((2 * len(SIDES), LEVELS), np.int64)
        self._record["deep"] = own.deep
        self._beta = [np.zeros(each.terms) for each in own._forecasts]
        self._uncertainty = [np.array(each.fit.uncertainty) for each in own._forecasts]
        self._along = [np.zeros(each.terms) for each in own._forecasts]
        self._waiting = np.zeros((FORECASTS + FACTORS, RING, 2), np.int64)
        self._foretold = np.zeros((FORECASTS + FACTORS, RING, COLUMNS))
        for name, array in (
            ("forecasts", self._forecasts),
            ("factors", self._factors),
            ("fits", self._fits),
            ("imbalances", self._imbalances),
            ("levels", self._levels),
        ):
            self._record[name] = array.ctypes.data
        for index, forecast in enumerate(own._forecasts):
            self._begin_forecast(index, forecast)
        for place, factor in enumerate(own._factors):
            self._begin(self._factors[place], FORECASTS + place, factor)
        self.address: int = self._record.ctypes.data

    def _begin_forecast(self, index: int, forecast: MoveForecast) -> None:
        record, fit = self._forecasts[index], self._fits[index]
        record["terms"] = forecast.terms
        fit["forgetting"], fit["most"] = forecast.fit.forgetting, forecast.fit.most
        for name in ("beta", "uncertainty", "along"):
            fit[name] = getattr(self, f"_{name}")[index].ctypes.data
        self._begin(record, index, forecast)

    def _begin(self, record: Any, ring: int, own: MoveForecast | HorizonFactor) -> None:
        """A ring has room for one forecast more than can wait at once."""
        assert own.horizon // SAMPLE_EVERY + 2 <= RING, own.horizon
        record["horizon"] = own.horizon
        record["waiting"] = self._waiting[ring].ctypes.data
        record["foretold"] = self._foretold[ring].ctypes.data

    def give(self) -> None:
        """The engine's own regression has learned what the kernel learned."""
        own, record = self._own, self._record[0]
        for index, forecast in enumerate(own._forecasts):
            self._give_forecast(index, forecast)
        for place, factor in enumerate(own._factors):
            known = self._factors[place]
            _give(_JUDGED, known, factor)
            factor.noted = deque(
                (due, mid_x2, row[MOST_TERMS])
                for due, mid_x2, row in self._ring(known, FORECASTS + place)
            )
        own._chosen = own._forecasts[int(record["chosen"])]
        own._chosen_at = int(record["chosen_at"])
        own.deviation_bps = float(record["deviation_bps"])
        own.value = float(record["value"]) or None

    def _give_forecast(self, index: int, forecast: MoveForecast) -> None:
        record, fit = self._forecasts[index], forecast.fit
        _give(_FORECAST, record, forecast)
        fit.count = int(self._fits[index]["count"])
        fit.beta[:] = self._beta[index].tolist()
        for line, learned in zip(fit.uncertainty, self._uncertainty[index], strict=True):
            line[:] = learned.tolist()
        forecast.noted = deque(
            (due, mid_x2, tuple(row[: forecast.terms]), row[MOST_TERMS])
            for due, mid_x2, row in self._ring(record, index)
        )

    def _ring(self, record: Any, ring: int) -> list[tuple[int, int, Sequence[float]]]:
        """What waits, the oldest first."""
        at = ((int(record["first"]) + np.arange(int(record["count"]))) % RING).tolist()
        waiting, foretold = self._waiting[ring].tolist(), self._foretold[ring].tolist()
        return [(*waiting[place], foretold[place]) for place in at]


def _give(names: Sequence[str], record: Any, own: MoveForecast | HorizonFactor) -> None:
    for name in names:
        setattr(own, name, record[name].item())

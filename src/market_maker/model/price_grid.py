"""Which prices a venue takes, where the step between them depends on the price."""

from bisect import bisect_right
from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError


class PriceBand(Struct, frozen=True):
    """From `since` ticks upwards, prices are multiples of `step` ticks."""

    since: int
    step: int


class PriceGrid(Struct, frozen=True):
    """Bands in rising order; without any, every tick is a price.

    The first band begins at 0. A band begins at a multiple of its own step and of the step below
    it, so that its first price lies on both grids. Raises InvalidFieldError for other bands.
    """

    bands: tuple[PriceBand, ...] = ()

    def __post_init__(self) -> None:
        before = PriceBand(0, 1)
        for number, band in enumerate(self.bands):
            first = number == 0
            rises = band.since == 0 if first else band.since > before.since
            if band.step < 1 or not rises or band.since % band.step or band.since % before.step:
                allowed = (
                    "bands that rise from 0, each beginning at a multiple of its own step and of "
                    "the step below it"
                )
                raise InvalidFieldError("price_bands", f"{band.since}:{band.step}", allowed)
            before = band

    def step(self, ticks: int) -> int:
        """Ticks from the price `ticks` (or the one below it) to the next higher price."""
        return self._band(ticks).step if self.bands else 1

    def down(self, ticks: int) -> int:
        """The highest price at or below `ticks`."""
        return ticks - ticks % self.step(ticks)

    def up(self, ticks: int) -> int:
        """The lowest price at or above `ticks`."""
        return ticks + -ticks % self.step(ticks)

    def below(self, ticks: int) -> int:
        """The highest price below `ticks`."""
        return self.down(ticks - 1)

    def above(self, ticks: int) -> int:
        """The lowest price above `ticks`."""
        return self.up(ticks + 1)

    def holds(self, ticks: int) -> bool:
        """Whether `ticks` is a price."""
        return not ticks % self.step(ticks)

    def _band(self, ticks: int) -> PriceBand:
        above = bisect_right(self.bands, ticks, key=lambda band: band.since)
        return self.bands[max(above - 1, 0)]


EVERY_TICK = PriceGrid()


def significant_figures(
    tick_size: Decimal, figures: int, coarsest: Decimal = Decimal(1)
) -> PriceGrid:
    """Prices of at most `figures` significant figures that are multiples of tick_size, a power of
    ten; multiples of `coarsest` are prices whatever their figures.

    Source: Hyperliquid docs, "Tick and lot size": five figures, and every integer. Raises
    InvalidFieldError for a tick that is no power of ten.
    """
    if not tick_size.is_finite() or tick_size.normalize().as_tuple().digits != (1,):
        raise InvalidFieldError("tick_size", tick_size, "a power of ten, like 0.01")
    bands, step = [PriceBand(0, 1)], tick_size * 10
    while step <= coarsest:
        ticks = int(step / tick_size)
        bands.append(PriceBand(ticks * 10 ** (figures - 1), ticks))
        step *= 10
    return PriceGrid(tuple(bands)) if len(bands) > 1 else EVERY_TICK

"""The units of models with a risk aversion: normalised basis points and hours (math 8.3).

gamma of a pool is the absolute risk aversion times the one-sigma, one-hour result of a full
position: dimensionless. A model wants it per bps of a full position's result: gamma / sigma_ref.
kappa of a pool is per kappa_unit_bps; a model wants it per bps.
"""

from typing import Annotated

from msgspec import Meta, Struct

SIGMA_REF_MIN = 0.1
"""bps/sqrt(hour). gamma is divided by the long-run volatility; below this (0.1 % a year) nothing
trades, and a market that has not moved yet must not make the aversion infinite."""

INTENSITY_ALLOWED = "fills per hour of one order at fair, a number above 0 to 1000000"
_SIGMA_REF = f"a number from {SIGMA_REF_MIN} to 10000 bps per square root of hour"

Intensity = Annotated[float, Meta(gt=0, le=1_000_000, description=INTENSITY_ALLOWED)]
"""A: fills per hour of one order at distance 0, one side."""


class Normalised(Struct, frozen=True):
    """kappa_unit_bps: kappa is per this many bps. sigma_ref: long-run volatility, bps/sqrt(hour);
    without it the measured one is used."""

    kappa_unit_bps: Annotated[
        float, Meta(ge=0.001, le=10_000, description="a number from 0.001 to 10000 bps")
    ] = 10.0
    sigma_ref: Annotated[
        Annotated[float, Meta(ge=SIGMA_REF_MIN, le=10_000)] | None, Meta(description=_SIGMA_REF)
    ] = None

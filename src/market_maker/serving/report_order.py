"""What a service and the process that makes its reports say to each other."""

from msgspec import Struct

from market_maker.model.pool import PoolConfig
from market_maker.model.report_jobs import ReportRequest, Trial


class WorkerOrder(Struct, frozen=True, kw_only=True):
    """What to make, of which file or journals, where to; config: of the pool, None for the
    documented start; trial: what it is compared with in place of strategies."""

    request: ReportRequest
    source: str
    page: str
    config: PoolConfig | None
    trial: Trial | None = None


class WorkerLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line of the answer."""

    progress: float = 0.0
    done: bool = False
    error: str = ""

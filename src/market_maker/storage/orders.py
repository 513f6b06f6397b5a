"""Orders, and what is left of them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Row,
    Table,
    bindparam,
    case,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError
from market_maker.model.orders import Side
from market_maker.model.records import (
    OPEN_STATUSES,
    Criteria,
    OrderChange,
    OrderCount,
    OrderRecord,
    OrderStatus,
    Page,
)
from market_maker.model.units import OrderId
from market_maker.storage.paging import TIME_AND_NUMBER, Sorting, read_page
from market_maker.storage.session import Session, record, values_of
from market_maker.storage.tables import OPEN, orders

IDS_PER_QUERY = 500
"""Databases bound how many values a statement may name."""

_NEWEST = Sorting((orders.c.created_at, orders.c.id), TIME_AND_NUMBER, newest_first=True)


class StoredOrders:
    """ports.OrderRecords."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def add(self, orders_: Sequence[OrderRecord]) -> None:
        if not orders_:
            return
        try:
            await self._session.run(insert(orders), [values_of(order) for order in orders_])
        except IntegrityError as error:
            ids = ", ".join(order.client_order_id for order in orders_[:3])
            problem = f"used before, or of an unknown participant ({error.orig})"
            raise ConflictError("client_order_id", ids, problem) from error

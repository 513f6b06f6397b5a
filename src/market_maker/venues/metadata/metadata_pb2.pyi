from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InstrumentType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSTRUMENT_TYPE_UNSPECIFIED: _ClassVar[InstrumentType]
    INSTRUMENT_TYPE_SPOT: _ClassVar[InstrumentType]
    INSTRUMENT_TYPE_PERPETUAL: _ClassVar[InstrumentType]
    INSTRUMENT_TYPE_FUTURE: _ClassVar[InstrumentType]

class InstrumentStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSTRUMENT_STATUS_UNSPECIFIED: _ClassVar[InstrumentStatus]
    INSTRUMENT_STATUS_PRE_OPEN: _ClassVar[InstrumentStatus]
    INSTRUMENT_STATUS_TRADING: _ClassVar[InstrumentStatus]
    INSTRUMENT_STATUS_POST_ONLY: _ClassVar[InstrumentStatus]
    INSTRUMENT_STATUS_CANCEL_ONLY: _ClassVar[InstrumentStatus]
    INSTRUMENT_STATUS_HALTED: _ClassVar[InstrumentStatus]
    INSTRUMENT_STATUS_DELISTED: _ClassVar[InstrumentStatus]
INSTRUMENT_TYPE_UNSPECIFIED: InstrumentType
INSTRUMENT_TYPE_SPOT: InstrumentType
INSTRUMENT_TYPE_PERPETUAL: InstrumentType
INSTRUMENT_TYPE_FUTURE: InstrumentType
INSTRUMENT_STATUS_UNSPECIFIED: InstrumentStatus
INSTRUMENT_STATUS_PRE_OPEN: InstrumentStatus
INSTRUMENT_STATUS_TRADING: InstrumentStatus
INSTRUMENT_STATUS_POST_ONLY: InstrumentStatus
INSTRUMENT_STATUS_CANCEL_ONLY: InstrumentStatus
INSTRUMENT_STATUS_HALTED: InstrumentStatus
INSTRUMENT_STATUS_DELISTED: InstrumentStatus

class GetInstrumentRequest(_message.Message):
    __slots__ = ("symbol",)
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    def __init__(self, symbol: _Optional[str] = ...) -> None: ...

class GetInstrumentResponse(_message.Message):
    __slots__ = ("instrument",)
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    instrument: Instrument
    def __init__(self, instrument: _Optional[_Union[Instrument, _Mapping]] = ...) -> None: ...

class ListInstrumentsRequest(_message.Message):
    __slots__ = ("symbols", "statuses", "types", "page_size", "page_token")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    statuses: _containers.RepeatedScalarFieldContainer[InstrumentStatus]
    types: _containers.RepeatedScalarFieldContainer[InstrumentType]
    page_size: int
    page_token: str
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., statuses: _Optional[_Iterable[_Union[InstrumentStatus, str]]] = ..., types: _Optional[_Iterable[_Union[InstrumentType, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstrumentsResponse(_message.Message):
    __slots__ = ("instruments", "next_page_token", "revision")
    INSTRUMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    instruments: _containers.RepeatedCompositeFieldContainer[Instrument]
    next_page_token: str
    revision: int
    def __init__(self, instruments: _Optional[_Iterable[_Union[Instrument, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class WatchInstrumentsRequest(_message.Message):
    __slots__ = ("symbols", "heartbeat_ms")
    SYMBOLS_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_MS_FIELD_NUMBER: _ClassVar[int]
    symbols: _containers.RepeatedScalarFieldContainer[str]
    heartbeat_ms: int
    def __init__(self, symbols: _Optional[_Iterable[str]] = ..., heartbeat_ms: _Optional[int] = ...) -> None: ...

class InstrumentUpdate(_message.Message):
    __slots__ = ("revision", "instrument", "synced", "heartbeat")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    INSTRUMENT_FIELD_NUMBER: _ClassVar[int]
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    HEARTBEAT_FIELD_NUMBER: _ClassVar[int]
    revision: int
    instrument: Instrument
    synced: Synced
    heartbeat: Heartbeat
    def __init__(self, revision: _Optional[int] = ..., instrument: _Optional[_Union[Instrument, _Mapping]] = ..., synced: _Optional[_Union[Synced, _Mapping]] = ..., heartbeat: _Optional[_Union[Heartbeat, _Mapping]] = ...) -> None: ...

class Synced(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Heartbeat(_message.Message):
    __slots__ = ("sent_at",)
    SENT_AT_FIELD_NUMBER: _ClassVar[int]
    sent_at: int
    def __init__(self, sent_at: _Optional[int] = ...) -> None: ...

class Instrument(_message.Message):
    __slots__ = ("symbol", "type", "status", "status_message", "base_asset", "quote_asset", "settle_asset", "tick_size", "lot_size", "min_size", "max_size", "min_notional", "max_notional", "contract_size", "price_band_up", "price_band_down", "maker_fee_rate", "taker_fee_rate", "max_leverage", "maintenance_margin_rate", "max_open_orders", "funding_interval_ns", "reference_price", "listed_at", "delisted_at", "updated_at", "version")
    SYMBOL_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    STATUS_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    BASE_ASSET_FIELD_NUMBER: _ClassVar[int]
    QUOTE_ASSET_FIELD_NUMBER: _ClassVar[int]
    SETTLE_ASSET_FIELD_NUMBER: _ClassVar[int]
    TICK_SIZE_FIELD_NUMBER: _ClassVar[int]
    LOT_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_FIELD_NUMBER: _ClassVar[int]
    MAX_SIZE_FIELD_NUMBER: _ClassVar[int]
    MIN_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    MAX_NOTIONAL_FIELD_NUMBER: _ClassVar[int]
    CONTRACT_SIZE_FIELD_NUMBER: _ClassVar[int]
    PRICE_BAND_UP_FIELD_NUMBER: _ClassVar[int]
    PRICE_BAND_DOWN_FIELD_NUMBER: _ClassVar[int]
    MAKER_FEE_RATE_FIELD_NUMBER: _ClassVar[int]
    TAKER_FEE_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_LEVERAGE_FIELD_NUMBER: _ClassVar[int]
    MAINTENANCE_MARGIN_RATE_FIELD_NUMBER: _ClassVar[int]
    MAX_OPEN_ORDERS_FIELD_NUMBER: _ClassVar[int]
    FUNDING_INTERVAL_NS_FIELD_NUMBER: _ClassVar[int]
    REFERENCE_PRICE_FIELD_NUMBER: _ClassVar[int]
    LISTED_AT_FIELD_NUMBER: _ClassVar[int]
    DELISTED_AT_FIELD_NUMBER: _ClassVar[int]
    UPDATED_AT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    symbol: str
    type: InstrumentType
    status: InstrumentStatus
    status_message: str
    base_asset: str
    quote_asset: str
    settle_asset: str
    tick_size: str
    lot_size: str
    min_size: str
    max_size: str
    min_notional: str
    max_notional: str
    contract_size: str
    price_band_up: str
    price_band_down: str
    maker_fee_rate: str
    taker_fee_rate: str
    max_leverage: str
    maintenance_margin_rate: str
    max_open_orders: int
    funding_interval_ns: int
    reference_price: str
    listed_at: int
    delisted_at: int
    updated_at: int
    version: int
    def __init__(self, symbol: _Optional[str] = ..., type: _Optional[_Union[InstrumentType, str]] = ..., status: _Optional[_Union[InstrumentStatus, str]] = ..., status_message: _Optional[str] = ..., base_asset: _Optional[str] = ..., quote_asset: _Optional[str] = ..., settle_asset: _Optional[str] = ..., tick_size: _Optional[str] = ..., lot_size: _Optional[str] = ..., min_size: _Optional[str] = ..., max_size: _Optional[str] = ..., min_notional: _Optional[str] = ..., max_notional: _Optional[str] = ..., contract_size: _Optional[str] = ..., price_band_up: _Optional[str] = ..., price_band_down: _Optional[str] = ..., maker_fee_rate: _Optional[str] = ..., taker_fee_rate: _Optional[str] = ..., max_leverage: _Optional[str] = ..., maintenance_margin_rate: _Optional[str] = ..., max_open_orders: _Optional[int] = ..., funding_interval_ns: _Optional[int] = ..., reference_price: _Optional[str] = ..., listed_at: _Optional[int] = ..., delisted_at: _Optional[int] = ..., updated_at: _Optional[int] = ..., version: _Optional[int] = ...) -> None: ...

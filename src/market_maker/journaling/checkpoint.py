"""An engine put away between two turns: thawed, it goes on as if nothing had happened.

The format is pickle, read by an unpickler that knows our own classes and a few of the standard
library and nothing else, so that a file from elsewhere cannot make us run anything. A checkpoint
is for the version of the program that wrote it, as a replay of it is.
"""

import io
import pickle
from collections.abc import Callable
from typing import Any, TypeVar

from typing_extensions import override

from market_maker.engine.engine import Engine
from market_maker.engine.learnt import Learnt
from market_maker.engine.terms import Terms, terms_of
from market_maker.model.errors import InvalidDataError

OUR_PACKAGES = (
    "market_maker.engine.",
    "market_maker.estimators.",
    "market_maker.model.",
    "market_maker.quoting.",
    "market_maker.risk.",
)
FOREIGN = (
    ("collections", "Counter"),
    ("collections", "OrderedDict"),
    ("collections", "deque"),
    ("decimal", "Decimal"),
    ("fractions", "Fraction"),
    ("msgspec._utils", "rebuild"),
)
_PROTOCOL = 5
_Kind = TypeVar("_Kind")


class _Freezer(pickle.Pickler):
    """Terms hold the strategy, a function; they are worked out again from the configuration."""

    def __init__(self, file: io.BytesIO, engine: Engine) -> None:
        super().__init__(file, _PROTOCOL)
        self._engine = engine

    @override
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Terms):
            return terms_of, (self._engine.instrument, self._engine.config)
        return NotImplemented


class _Thawer(pickle.Unpickler):
    @override
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):
            return _method_of_ours
        if (module, name) in FOREIGN or (module + ".").startswith(OUR_PACKAGES):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} does not belong into a checkpoint")


def _method_of_ours(owner: object, name: str) -> Callable[..., object]:
    """A method of one of our own objects: pickle asks for it by getattr."""
    kind = type(owner)
    if name.startswith("__") or not kind.__module__.startswith(OUR_PACKAGES):
        raise pickle.UnpicklingError(f"{kind.__name__}.{name} does not belong into a checkpoint")
    method: Callable[..., object] = getattr(owner, name)
    return method


def frozen(engine: Engine) -> bytes:
    """The engine as it is between two turns."""
    file = io.BytesIO()
    _Freezer(file, engine).dump(engine)
    return file.getvalue()


def frozen_learnt(engine: Engine) -> bytes:
    """What the engine has learnt of its market."""
    file = io.BytesIO()
    _Freezer(file, engine).dump(engine.market.learnt())
    return file.getvalue()


def thawed(checkpoint: bytes, source: str) -> Engine:
    """The engine of a checkpoint. Raises InvalidDataError, which names `source`, for one that was
    damaged or written by another version of the program."""
    return _thawed(checkpoint, Engine, source)


def thawed_learnt(content: bytes, source: str) -> Learnt:
    """What `frozen_learnt` froze. Raises InvalidDataError as `thawed` does."""
    return _thawed(content, Learnt, source)


def _thawed(content: bytes, kind: type[_Kind], source: str) -> _Kind:
    problem = "its checkpoint is not of this version of the program, or damaged"
    try:
        found = _Thawer(io.BytesIO(content)).load()
    except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, EOFError) as error:
        raise InvalidDataError(source, f"{problem}: {error}") from None
    except (ImportError, IndexError, KeyError) as error:
        raise InvalidDataError(source, f"{problem}: {error}") from None
    if not isinstance(found, kind):
        raise InvalidDataError(source, problem)
    return found

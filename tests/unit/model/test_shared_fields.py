"""Fields that two Structs share."""

from typing import NewType

import pytest
from msgspec import Struct

from market_maker.model.shared_fields import shared_fields

Name = NewType("Name", str)


class Kept(Struct, frozen=True, kw_only=True):
    name: Name
    size: int
    note: str = ""

    @property
    def state(self) -> str:
        return "open"


class Shown(Struct, frozen=True, kw_only=True):
    name: str
    size: int | None
    state: str
    title: str


class Priced(Struct, frozen=True, kw_only=True):
    size: str
    title: str


KEPT = Kept(name=Name("a"), size=2)


def test_what_both_have_is_taken_and_properties_count() -> None:
    shown = Shown(**shared_fields(Shown, KEPT), title="A")
    assert shown == Shown(name="a", size=2, state="open", title="A")


def test_a_missing_field_is_refused() -> None:
    with pytest.raises(TypeError, match="title"):
        Shown(**shared_fields(Shown, KEPT))  # the title is what is missing


def test_a_shared_field_that_is_named_too_is_refused() -> None:
    with pytest.raises(TypeError, match="size"):
        Shown(**shared_fields(Shown, KEPT), size=3, title="A")


def test_a_name_that_is_excepted_is_not_taken() -> None:
    assert shared_fields(Shown, KEPT, but=("size",)) == {"name": "a", "state": "open"}


def test_an_exception_that_is_not_shared_is_refused() -> None:
    with pytest.raises(TypeError, match="do not share title"):
        shared_fields(Shown, KEPT, but=("title",))


def test_a_field_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Priced\.size"):
        shared_fields(Priced, KEPT)


def test_none_does_not_fit_where_it_is_not_allowed() -> None:
    shown = Shown(name="a", size=None, state="", title="")
    with pytest.raises(TypeError, match=r"Kept\.(name|size)"):
        shared_fields(Kept, shown)


def test_a_text_does_not_fit_a_name_of_its_own_type() -> None:
    shown = Shown(name="a", size=2, state="", title="")
    with pytest.raises(TypeError, match=r"Kept\.name"):
        shared_fields(Kept, shown, but=("size",))


def test_a_field_of_two_sources_is_refused() -> None:
    with pytest.raises(TypeError, match="name is a field of two sources"):
        shared_fields(Shown, KEPT, KEPT)

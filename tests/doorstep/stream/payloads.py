"""Hypothesis strategies for the payload of any topic, made from the models themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from hypothesis import strategies as st
from pydantic import JsonValue

from doorstep.rules import rules_dir
from schemas.event import Event, Model, Payload
from schemas.network import Directory, Provider
from schemas.topics import TOPICS

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - st adds it
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)


def _providers() -> st.SearchStrategy[Provider]:
    """Return providers of the sample network, changed in what has no check digit and no rule across fields."""
    network = Directory.model_validate(yaml.safe_load((rules_dir() / "network" / "sample.yaml").read_text("utf-8")))
    return st.builds(
        lambda one, **changes: one.model_copy(update=changes),
        st.sampled_from(network.providers),
        name=TEXT.filter(bool),
        active=st.booleans(),
        ein=st.none() | st.from_regex(r"[0-9]{2}-?[0-9]{7}", fullmatch=True, alphabet="-0123456789"),
        w9_on_file=st.none() | st.dates(),
        caqh_id=st.none() | TEXT,
        capacity=st.integers(0, 10**6),
    )


_LEAVES: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    datetime: TIMES,
    Decimal: st.decimals(-(10**6), 10**6, allow_nan=False, allow_infinity=False, places=3),
    Provider: _providers(),
}


def payloads(cls: type[Payload]) -> st.SearchStrategy[Payload]:
    """Return any valid payload of one topic."""
    return _values(cls)


def _values(annotation: Any) -> st.SearchStrategy[Any]:
    if annotation is JsonValue:
        return JSON
    if annotation in _LEAVES:
        return _LEAVES[annotation]
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is tuple:
        if inside[-1] is Ellipsis:
            return st.lists(_values(inside[0]), max_size=2).map(tuple)
        return st.tuples(*(_values(each) for each in inside))
    if origin is dict:
        return st.dictionaries(TEXT, _values(inside[1]), max_size=3)
    if origin in {Union, UnionType}:
        return st.one_of(*(_values(each) for each in inside))
    if isinstance(annotation, type) and issubclass(annotation, Model):
        fields = {n: _field(f.annotation, f.metadata) for n, f in annotation.model_fields.items()}
        return st.builds(annotation, **fields)
    return st.from_type(annotation)


def _field(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    pattern = next((one.pattern for one in metadata if getattr(one, "pattern", None)), None)
    if pattern is not None:  # pydantic's own metadata, which Hypothesis does not know
        return st.from_regex(pattern, fullmatch=True)
    return st.from_type(Annotated[annotation, *metadata]) if metadata else _values(annotation)


def events() -> st.SearchStrategy[Event[Payload]]:
    """Return any event of any topic."""
    name = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
    return st.builds(
        Event,
        id=name,
        source=name,
        time=TIMES,
        data=st.sampled_from(sorted(TOPICS)).flatmap(lambda topic: payloads(TOPICS[topic])),
        subject=TEXT,
        correlation_id=TEXT,
        causation_id=TEXT,
        traceparent=TEXT,
        seq=st.integers(0, 10**15),
    )

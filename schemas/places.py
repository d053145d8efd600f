"""A dotted path over the canonical order, refused when it leads nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel

from schemas.order import Order


def leads_somewhere(model: type[BaseModel], path: str) -> bool:
    """Say whether each name of the path is a field; what lies under a free mapping is not judged."""
    here: list[Any] = [model]
    for name in path.split("."):
        if any(isinstance(one, type) and issubclass(one, dict) for one in here):
            return True
        fields = [one.model_fields for one in here if isinstance(one, type) and issubclass(one, BaseModel)]
        found = [known[name].annotation for known in fields if name in known]
        if not found:
            return False
        here = [part for annotation in found for part in _parts(annotation)]
    return True


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield what a value of this type may be: the members of a union, the items of a list."""
    origin = getattr(annotation, "__origin__", None)
    if isinstance(origin, type) and issubclass(origin, dict):
        yield origin
        return
    yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def _of_order(path: str) -> str:
    if not leads_somewhere(Order, path):
        raise ValueError(f"an order has no place {path}")
    return path


Place = Annotated[str, AfterValidator(_of_order)]
"""A dotted path over the canonical order; a slip of the pen would ask every sender for what nobody can give."""

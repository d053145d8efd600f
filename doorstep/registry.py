"""Finds what is in the rooms: connectors by CONNECTOR, handlers by `@on`; nothing is registered by hand."""

from __future__ import annotations

import importlib
import logging
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from pydantic import ValidationError

from doorstep.connector import ConnectorSettings, ConnectorSpec
from doorstep.errors import SettingsError
from doorstep.handler import SUBSCRIPTIONS, Subscription
from schemas.faults import first_fault

log = logging.getLogger("doorstep.registry")


def _modules(room: str) -> list[ModuleType]:
    package = importlib.import_module(room)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    return [importlib.import_module(f"{room}.{name}") for name in names if not name.startswith("_")]


def connectors() -> dict[str, ConnectorSpec]:
    """Return every connector by name: the room's own, then those of entry point group `doorstep.connectors`.

    An outside one that cannot be loaded is reported and left out; the rest run.
    """
    found = own_connectors()
    for point in entry_points(group="doorstep.connectors"):
        try:
            spec = point.load()
        except (Exception, SystemExit):  # an outside package may fail in any way; it must not take the hub down
            log.exception("connector %s could not be loaded: it is left out", point.name)
            continue
        if not isinstance(spec, ConnectorSpec):
            log.error("connector %s is no ConnectorSpec: it is left out", point.name)
        elif spec.name in found:
            log.error("connector %s has the name of another (%s): it is left out", point.name, spec.name)
        else:
            found[spec.name] = spec
    return found


def own_connectors() -> dict[str, ConnectorSpec]:
    """Return the connectors of the room, by name."""
    found: dict[str, ConnectorSpec] = {}
    for module in _modules("connectors"):
        spec = getattr(module, "CONNECTOR", None)
        if not isinstance(spec, ConnectorSpec):
            continue
        if spec.name in found:
            raise SettingsError("two-connectors", f"two connectors have the name {spec.name}; one is {module.__name__}")
        found[spec.name] = spec
    return found


def subscriptions() -> list[Subscription]:
    """Return every handler's subscription, by topic and consumer; a consumer's name stands for one handler only."""
    _modules("handlers")
    ordered = sorted(SUBSCRIPTIONS, key=lambda s: (s.topic, s.consumer))
    names = [(s.topic, s.consumer) for s in ordered]
    doubled = {name for name in names if names.count(name) > 1}
    if doubled:
        raise SettingsError("two-handlers", f"consumer names are used twice: {sorted(doubled)}")
    return ordered


def connector_settings(spec: ConnectorSpec, raw: dict[str, Any]) -> ConnectorSettings:
    """Check [connectors.NAME] by the connector's own model; the message has the full path of what is wrong."""
    try:
        return spec.settings(**raw)
    except ValidationError as wrong:
        fault = first_fault(wrong)
        place = ".".join(map(str, ("connectors", spec.name, *fault.path)))
        raise SettingsError("bad-setting", f"{place}: {fault.expected}") from None

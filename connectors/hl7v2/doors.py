"""The listeners as they are opened: where each binds, with which certificate, and who may come in."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.hl7v2.settings import Hl7v2Settings
from connectors.hl7v2.terms import ListenerSettings, Terms
from doorstep.connector import Listen
from doorstep.errors import SettingsError

_READING = ("time_zone", "charset", "default_payer", "member_id_assigner")
"""Terms that say how a message is read (`schemas.hl7v2.options`): they are kept with it."""


@dataclass(frozen=True, slots=True)
class Door:
    """One listener: what was agreed, and where it listens. `name` is '' for the default one."""

    terms: Terms
    name: str = ""
    listen: Listen = field(default_factory=lambda: Listen("127.0.0.1", 0))
    answered: Callable[[str], bool] = lambda _: False
    """Whether orders of a sender (`APPLICATION|FACILITY`) are answered at a listener of its own."""
    details: dict[str, str] = field(default_factory=dict)
    """What is kept with each message that comes in here."""

    def admits(self, address: str, certificate: Mapping[str, Any] | None) -> bool:
        """Tell whether a peer may send here: by its network, and by the names of its certificate."""
        terms = self.terms
        if terms.allowed_peers and not _within(address, terms.allowed_peers):
            return False
        return not terms.allowed_subjects or bool(names_of(certificate) & set(terms.allowed_subjects))


def names_of(certificate: Mapping[str, Any] | None) -> set[str]:
    """Return the common names and DNS names of a peer's certificate, as `ssl` gives it."""
    if not certificate:
        return set()
    subject = {value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"}
    return subject | {value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"}


def _within(address: str, networks: list[str]) -> bool:
    try:
        peer = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None) or peer
    return any(mapped in ipaddress.ip_network(network) for network in networks)


def doors_of(settings: Hl7v2Settings, listen: Listen) -> list[Door]:
    """Return the default listener and the named ones; SettingsError for one that may not be opened so."""

    def answered(sender: str) -> bool:
        partner = settings.partner(sender)
        return partner is not None and partner.answer == "response"

    own = Terms.model_validate({name: getattr(settings, name) for name in Terms.model_fields})
    doors = [Door(own, "", listen, answered, _details(own, ""))]
    for name, terms in settings.listeners.items():
        doors.append(Door(terms, name, _place(name, terms, listen), answered, _details(terms, name)))
    for door in doors:
        if door.terms.allowed_subjects and not _proves(door.listen.tls):
            where = f"connectors.hl7v2{f'.listeners.{door.name}' if door.name else ''}.allowed_subjects"
            raise SettingsError("hl7v2.subjects", f"{where}: needs TLS with a client CA, which proves the names")
    return doors


def _details(terms: Terms, name: str) -> dict[str, str]:
    told = {key: str(getattr(terms, key)) for key in _READING} | {"listener": name}
    return {key: value for key, value in told.items() if value}


def _proves(tls: ssl.SSLContext | None) -> bool:
    """Tell whether every client has to show a certificate."""
    return tls is not None and tls.verify_mode is ssl.CERT_REQUIRED


def _place(name: str, own: ListenerSettings, hub: Listen) -> Listen:
    host = own.host or hub.host
    where = f"connectors.hl7v2.listeners.{name}"
    tls = None if own.plain else _context(where, own, hub)
    if not (_loopback(host) or hub.trusted or _proves(tls)):
        raise SettingsError(
            "exposed",
            f"{where}.host={host} is reachable from other machines; set tls_cert, tls_key and tls_client_ca there "
            "(or DOORSTEP_TRUSTED_NETWORK=true inside a network that you protect otherwise)",
        )
    return Listen(host, own.port, tls, hub.trusted)


def _context(where: str, own: ListenerSettings, hub: Listen) -> ssl.SSLContext | None:
    if own.tls_cert is None:
        if own.tls_client_ca is not None:
            raise SettingsError("bad-certificate", f"{where}.tls_client_ca: needs tls_cert and tls_key beside it")
        return hub.tls
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(own.tls_cert, own.tls_key)
        if own.tls_client_ca is not None:
            context.load_verify_locations(own.tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as wrong:
        reason = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else wrong
        raise SettingsError("bad-certificate", f"{where}.tls_cert/tls_key/tls_client_ca: {reason}") from None
    return context


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


OPEN = Door(Terms())
"""A listener that agreed nothing with anybody."""

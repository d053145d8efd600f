"""Subscribers' addresses: only those that the administrator listed, resolved once, never a private one by surprise."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from connectors.fhir.subscriptions.settings import SubscriptionSettings, origin
from doorstep.errors import Refused, Unavailable
from doorstep.trust import authorities

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_ANSWER = 64 * 1024
_MOST_URL = 1000


class NotAllowed(Refused):
    """Notifications may not go to this address."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address that notifications may go to. `house` is true where the hub and its subscribers are one machine."""

    url: str
    scheme: str
    host: str
    port: int
    house: bool


def endpoint(settings: SubscriptionSettings, url: str, tenant: str, *, open_house: bool) -> Endpoint:
    """Return a subscriber's address, checked; NotAllowed says what is wrong with it.

    `open_house` is true where nobody is asked for a key (loopback): there this machine's own addresses are allowed.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = origin(url)
    except ValueError:
        raise NotAllowed("endpoint", "the endpoint is no http address") from None
    odd = len(url) > _MOST_URL or not url.isascii() or any(c <= " " or c == "\x7f" for c in url)
    if odd or parts.username is not None or parts.fragment or scheme not in {"https", "http"}:
        raise NotAllowed("endpoint", "the endpoint must be a plain https address")
    if open_house and host in LOOPBACK:
        return Endpoint(url, scheme, host, port, house=True)
    if (scheme, host, port) not in settings.origins(tenant):
        raise NotAllowed("endpoint", "the endpoint is not among those that the administrator allows this subscriber")
    if scheme != "https" and host not in LOOPBACK:
        raise NotAllowed("endpoint", "the endpoint must be an https address")
    to = Endpoint(url, scheme, host, port, house=host in LOOPBACK)  # this machine, by the administrator's own word
    if _is_address(host) and not _may(settings, to, host):
        raise NotAllowed("endpoint", "the endpoint lies in a network that the administrator does not allow")
    return to


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def post(
    settings: SubscriptionSettings, to: Endpoint, method: str, body: bytes, headers: dict[str, str], timeout: float
) -> None:
    """Send one notification; returns at a 2xx, raises Unavailable for everything that may get better."""
    address = await _address(settings, to)
    parts = urlsplit(to.url)
    shown = f"[{address}]" if ":" in address else address
    url = f"{to.scheme}://{shown}:{to.port}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    told = {"Host": parts.netloc, **headers}
    try:
        async with (
            asyncio.timeout(timeout),
            httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False, verify=authorities()) as client,
            client.stream(method, url, content=body, headers=told, extensions={"sni_hostname": to.host}) as reply,
        ):
            status, wait = reply.status_code, reply.headers.get("retry-after", "").strip()
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as broken:
        raise Unavailable("subscriber", "the subscriber could not be reached", detail=type(broken).__name__) from None
    if status == httpx.codes.GONE:
        raise Refused("gone", "the subscriber is gone (410)")
    if not 200 <= status < 300:
        seconds = float(min(int(wait[:9]), 3600)) if wait.isdigit() else None
        raise Unavailable("subscriber", f"the subscriber answered {status}", retry_after=seconds)


async def _address(settings: SubscriptionSettings, to: Endpoint) -> str:
    """Return the one address that the host means now; what the name would mean a moment later does not count."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except OSError:
        raise Unavailable("subscriber", "the subscriber's name could not be found") from None
    addresses = [str(entry[4][0]) for entry in found]
    bad = [one for one in addresses if not _may(settings, to, one)]
    if bad or not addresses:
        raise Unavailable("subscriber", "the subscriber's name leads into a network that is not allowed")
    return addresses[0]


def _may(settings: SubscriptionSettings, to: Endpoint, address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if to.house:
        return ip.is_loopback
    if any(ip in network for network in settings.subscriber_networks if network.version == ip.version):
        return True
    return ip.is_global and not ip.is_multicast

"""The pages a provider sees: plain HTML that works without scripts and by keyboard; no patient on any of them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi.responses import HTMLResponse
from jinja2 import Environment

from doorstep.answers import ZONES, reasons_for
from schemas.case import Case, Offer
from schemas.order import OrderType

_STYLE = """
body { font: 1.1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 2rem auto; padding: 0 1rem }
body { color: #1a1a1a; background: #fff }
dt { font-weight: 600 } dd { margin: 0 0 .6rem } label { display: block; font-weight: 600; margin-top: .8rem }
input, select, textarea, button { font: inherit; padding: .5rem; width: 100%; box-sizing: border-box }
input, select, textarea, button { border: 1px solid #555; border-radius: .3rem }
button { margin-top: 1rem; background: #0b4f6c; color: #fff; cursor: pointer }
form { border-top: 1px solid #bbb; margin-top: 1.5rem }
:focus-visible { outline: 3px solid #c05600; outline-offset: 2px }
.problem, .wrong { border-left: .4rem solid #a40000; padding-left: 1rem; color: #a40000; font-weight: 600 }
.wrong, .help { margin: .1rem 0 .3rem } .help { color: #444; font-size: .95rem }
[aria-invalid] { border: 2px solid #a40000 }
"""
_CSP = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
_PAGE = Environment(autoescape=True, trim_blocks=True).from_string(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{ "Problem: " if problem }}{{ title }}</title>
<style>{{ style|safe }}</style></head>
<body><main><h1>{{ title }}</h1>
{% if problem %}<p class="problem" role="alert">{% if wrong.field %}<a href="#{{ wrong.kind }}-{{ wrong.field }}">
{%- endif %}{{ problem }}{% if wrong.field %}</a>{% endif %}</p>{% endif %}
{% for line in lines %}<p>{{ line }}</p>{% endfor %}
{% if facts %}<dl>{% for label, value in facts %}<dt>{{ label }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>{% endif %}
{% macro about(kind, name, label, required, help) %}
<label for="{{ kind }}-{{ name }}">{{ label }}{{ "" if required else " (if any)" }}</label>
{% if help %}<p class="help" id="{{ kind }}-{{ name }}-help">{{ help }}</p>{% endif %}
{% if wrong.kind == kind and wrong.field == name %}
<p class="wrong" id="{{ kind }}-{{ name }}-wrong">{{ problem }}</p>
{% endif %}
{% endmacro %}
{% macro told(kind, name, required, help) %}
{% set bad = wrong.kind == kind and wrong.field == name %}
 id="{{ kind }}-{{ name }}" name="{{ name }}"{{ " required" if required }}
{%- if bad or help %} aria-describedby="{{ kind ~ "-" ~ name ~ "-wrong" if bad }}{{ " " if bad and help }}
{{- kind ~ "-" ~ name ~ "-help" if help }}"{% endif %}
{%- if bad %} aria-invalid="true" autofocus{% endif %}
{% endmacro %}
{% macro said(kind, name) %}{{ wrong.values.get(name, "") if wrong.kind == kind }}{% endmacro %}
{% macro field(kind, name, label, type="text", required=False, most=0, help="", accept="") %}
{{ about(kind, name, label, required, help) }}<input{{ told(kind, name, required, help) }} type="{{ type }}"
{%- if most %} maxlength="{{ most }}"{% endif %}{% if accept %} accept="{{ accept }}"{% else %} value="
{{- said(kind, name) }}"{% endif %}>
{% endmacro %}
{% macro choice(kind, name, label, options, chosen="") %}
{% set now = said(kind, name) or chosen %}
{{ about(kind, name, label, True, "") }}<select{{ told(kind, name, True, "") }}>
{% for value, text in options %}
<option value="{{ value }}"{{ " selected" if value == now }}>{{ text }}</option>
{% endfor %}
</select>
{% endmacro %}
{% macro head(kind, title, parts=False) %}
<form method="post" action="/offers/{{ forms.offer_id }}/{{ kind }}" aria-labelledby="{{ kind }}-title"
{%- if parts %} enctype="multipart/form-data"{% endif %}><h2 id="{{ kind }}-title">{{ title }}</h2>
<input type="hidden" name="token" value="{{ forms.token }}">
{% endmacro %}
{% macro zone(kind) %}{{ choice(kind, "zone", "Time zone", forms.zones, forms.zone) }}{% endmacro %}
{% macro why(kind) %}{{ choice(kind, "code", "Reason", forms.reasons[kind]) }}{% endmacro %}
{% set here = "The time at the place of service, in the time zone below" %}
{% set plain = "No name of a patient and nothing of a diagnosis" %}
{% if forms and forms.open %}
{{ head("accept", "Accept") }}
{{ field("accept", "start", "Date and time of delivery or first visit", "datetime-local", True, help=here) }}
{{ field("accept", "end", "Not later than", "datetime-local", help="The end of your window, within a day") }}
{{ zone("accept") }}
<button type="submit">Accept the offer</button></form>
{{ head("decline", "Decline") }}{{ why("decline") }}
{{ field("decline", "reason", "In your words", most=500, help=plain) }}
<button type="submit">Decline the offer</button></form>
{% elif forms %}
<nav aria-label="What you can report"><ul>
{% for kind, text in forms.kinds %}<li><a href="#{{ kind }}-title">{{ text }}</a></li>{% endfor %}
</ul></nav>
{{ head("complete", "It is done", True) }}
{{ field("complete", "completed_at", "Date and time of delivery or visit", "datetime-local", True, help=here) }}
{{ zone("complete") }}
{{ field("complete", "signed_by", "Received by", required=True, most=120) }}
{{ field("complete", "relation", "Relation to the member", most=60) }}
{{ field("complete", "serials", "Serial numbers", most=2000, help="With commas between") }}
{{ field("complete", "exceptions", "What was not as ordered", most=500) }}
{{ field("complete", "document", "Signed slip or photo", "file", help="JPEG, PNG, TIFF or PDF, up to 8 MB",
         accept="image/jpeg,image/png,image/tiff,application/pdf") }}
<button type="submit">Report it as done</button></form>
{{ head("reschedule", "Another date") }}
{{ field("reschedule", "start", "New date and time", "datetime-local", True, help=here) }}
{{ field("reschedule", "end", "Not later than", "datetime-local") }}
{{ zone("reschedule") }}{{ why("reschedule") }}
<button type="submit">Change the date</button></form>
{{ head("missed", "It did not take place") }}{{ why("missed") }}
{{ field("missed", "start", "New date and time", "datetime-local", help=here) }}
{{ zone("missed") }}
{{ field("missed", "reason", "In your words", most=500, help=plain) }}
<button type="submit">Report it as missed</button></form>
{{ head("withdraw", "Give the order back") }}{{ why("withdraw") }}
{{ field("withdraw", "reason", "In your words", most=500, help=plain) }}
<button type="submit">Give it back</button></form>
{% endif %}</main></body></html>
"""
)
_REPORTS = (
    ("complete", "It is done"),
    ("reschedule", "Another date"),
    ("missed", "It did not take place"),
    ("withdraw", "Give the order back"),
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """An answer that was not taken: of which form, at which field (empty: at none), and what was entered."""

    kind: str = ""
    field: str = ""
    message: str = ""
    values: Mapping[str, str] = dataclass_field(default_factory=dict)


NOTHING_WRONG = Wrong()


_KINDS = {
    OrderType.DME: "Medical equipment",
    OrderType.HOME_HEALTH: "Home health visits",
    OrderType.INFUSION: "Home infusion",
    OrderType.UNKNOWN: "Home service",
}
_CODE = re.compile(r"[A-Z0-9]{4,7}")


def page(
    title: str,
    *,
    status: int = 200,
    lines: tuple[str, ...] = (),
    facts: tuple[tuple[str, str], ...] = (),
    wrong: Wrong = NOTHING_WRONG,
    forms: dict[str, object] | None = None,
) -> HTMLResponse:
    """Return a page with the headers that keep its token to itself."""
    body = _PAGE.render(
        title=title, style=_STYLE, lines=lines, facts=facts, problem=wrong.message, wrong=wrong, forms=forms
    )
    headers = {
        "Content-Security-Policy": _CSP,
        # `no-referrer` would make browsers send `Origin: null` with our own form, which the guard refuses.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(body, status, headers)


def forms_of(offer_id: str, token: str, zone: str, *, open_offer: bool) -> dict[str, object]:
    """Return what the forms need: those of an offer that is open, or of a service that is taken on."""
    kinds = ("decline",) if open_offer else ("withdraw", "reschedule", "missed")
    return {
        "open": open_offer,
        "offer_id": offer_id,
        "token": token,
        "zones": [(name, name.replace("_", " ")) for name in ZONES],
        "zone": zone,
        "kinds": _REPORTS,
        "reasons": {kind: [(one.code, one.label) for one in reasons_for(kind)] for kind in kinds},
    }


def offer_page(
    offer: Offer, case: Case | None, token: str, zone: str, *, now: datetime, wrong: Wrong = NOTHING_WRONG,
    status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """Return the page of an open offer: what, where by ZIP prefix, until when, and the two forms."""
    late = ("The time to respond has passed; an answer may come too late.",) if now > offer.respond_by else ()
    return page(
        "Service offer",
        status=status,
        wrong=wrong,
        lines=(f"Offered to {offer.provider_name}.", *late),
        facts=(*service_of(case), ("Respond by", when(offer.respond_by, zone))),
        forms=forms_of(offer.offer_id, token, zone, open_offer=True),
    )


def service_of(case: Case | None) -> tuple[tuple[str, str], ...]:
    """Return what may be said before acceptance: the kind, item codes, ZIP prefix and wished start."""
    if case is None:
        return ()
    order = case.order
    codes = [(line.code, line.quantity) for line in order.lines if line.code and _CODE.fullmatch(line.code)]
    where = order.delivery_address or order.member.address
    zip3 = (where.postal_code or "")[:3] if where else ""
    facts = [("Service", _KINDS[order.order_type])]
    if codes:
        facts.append(("Items", ", ".join(f"{code} × {quantity or 1}" for code, quantity in codes)))
    if zip3.isdigit():
        facts.append(("Area", f"ZIP {zip3}xx"))
    if order.service_start:
        facts.append(("Wished start", order.service_start.isoformat()))
    return tuple(facts)


def when(instant: datetime, zone: str) -> str:
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local:%A, %B} {local.day}, {local.year}, {local:%H:%M} {local:%Z}"

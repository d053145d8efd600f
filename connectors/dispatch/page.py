"""The pages a provider sees: plain HTML that works without scripts and by keyboard; no patient on any of them."""

from __future__ import annotations

import base64
import hashlib
import re
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
.problem { border-left: .4rem solid #a40000; padding-left: 1rem }
"""
_CSP = (
    "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
_PAGE = Environment(autoescape=True).from_string(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>{{ title }}</title><style>{{ style|safe }}</style></head>
<body><main><h1>{{ title }}</h1>
{% if problem %}<p class="problem" role="alert">{{ problem }}</p>{% endif %}
{% for line in lines %}<p>{{ line }}</p>{% endfor %}
{% if facts %}<dl>{% for label, value in facts %}<dt>{{ label }}</dt><dd>{{ value }}</dd>{% endfor %}</dl>{% endif %}
{% if form %}
<form method="post" action="/offers/{{ form.offer_id }}/accept"><h2>Accept</h2>
<input type="hidden" name="token" value="{{ form.token }}">
<label for="start">Date and time of delivery or first visit</label>
<input id="start" name="start" type="datetime-local" required>
<label for="zone">Time zone</label>
<select id="zone" name="zone">
{% for zone in form.zones %}<option{{ " selected" if zone == form.zone }}>{{ zone }}</option>{% endfor %}
</select>
<label for="end">Not later than (if you commit a window)</label>
<input id="end" name="end" type="datetime-local">
<button type="submit">Accept the offer</button></form>
<form method="post" action="/offers/{{ form.offer_id }}/decline"><h2>Decline</h2>
<input type="hidden" name="token" value="{{ form.token }}">
<label for="code">Reason</label>
<select id="code" name="code">
{% for one in form.reasons %}<option value="{{ one.code }}">{{ one.label }}</option>{% endfor %}
</select>
<label for="reason">In your words (no patient details)</label>
<textarea id="reason" name="reason" rows="2" maxlength="500"></textarea>
<button type="submit">Decline the offer</button></form>
{% endif %}
{% if reports %}
{% macro head(kind, title, parts=False) %}
<form method="post" action="/offers/{{ reports.offer_id }}/{{ kind }}"
{%- if parts %} enctype="multipart/form-data"{% endif %}><h2>{{ title }}</h2>
<input type="hidden" name="token" value="{{ reports.token }}">
{% endmacro %}
{% macro moment(kind, name, label, required=True) %}
<label for="{{ kind }}-{{ name }}">{{ label }}</label>
<input id="{{ kind }}-{{ name }}" name="{{ name }}" type="datetime-local"{{ " required" if required }}>
{% endmacro %}
{% macro zone(kind) %}
<label for="{{ kind }}-zone">Time zone</label>
<select id="{{ kind }}-zone" name="zone">
{% for zone in reports.zones %}<option{{ " selected" if zone == reports.zone }}>{{ zone }}</option>{% endfor %}
</select>
{% endmacro %}
{% macro why(kind) %}
<label for="{{ kind }}-code">Reason</label>
<select id="{{ kind }}-code" name="code">
{% for one in reports.reasons[kind] %}<option value="{{ one.code }}">{{ one.label }}</option>{% endfor %}
</select>
{% endmacro %}
{% macro words(kind, name, label, most=120, required=False) %}
<label for="{{ kind }}-{{ name }}">{{ label }}</label>
<input id="{{ kind }}-{{ name }}" name="{{ name }}" maxlength="{{ most }}"{{ " required" if required }}>
{% endmacro %}
{{ head("complete", "It is done", True) }}{{ moment("complete", "completed_at", "Date and time of delivery or visit") }}
{{ zone("complete") }}{{ words("complete", "signed_by", "Received by", 120, True) }}
{{ words("complete", "relation", "Relation to the member") }}
{{ words("complete", "serials", "Serial numbers, with commas between", 2000) }}
{{ words("complete", "exceptions", "What was not as ordered", 500) }}
<label for="complete-document">Signed slip or photo</label>
<input id="complete-document" name="document" type="file" accept="image/jpeg,image/png,image/tiff,application/pdf">
<button type="submit">Report it as done</button></form>
{{ head("reschedule", "Another date") }}{{ moment("reschedule", "start", "New date and time") }}
{{ moment("reschedule", "end", "Not later than", False) }}{{ zone("reschedule") }}{{ why("reschedule") }}
<button type="submit">Change the date</button></form>
{{ head("missed", "It did not take place") }}{{ why("missed") }}
{{ moment("missed", "start", "New date and time, if there is one", False) }}{{ zone("missed") }}
{{ words("missed", "reason", "In your words", 500) }}
<button type="submit">Report it as missed</button></form>
{{ head("withdraw", "Give the order back") }}{{ why("withdraw") }}
{{ words("withdraw", "reason", "In your words", 500) }}
<button type="submit">Give it back</button></form>
{% endif %}</main></body></html>
"""
)
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
    problem: str = "",
    form: dict[str, object] | None = None,
    reports: dict[str, object] | None = None,
) -> HTMLResponse:
    """Return a page with the headers that keep its token to itself."""
    body = _PAGE.render(
        title=title, style=_STYLE, lines=lines, facts=facts, problem=problem, form=form, reports=reports
    )
    headers = {
        "Content-Security-Policy": _CSP,
        # `no-referrer` would make browsers send `Origin: null` with our own form, which the guard refuses.
        "Referrer-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(body, status, headers)


def offer_page(
    offer: Offer, case: Case | None, token: str, zone: str, *, now: datetime, problem: str = "", status: int = 200
) -> HTMLResponse:
    """Return the page of an open offer: what, where by ZIP prefix, until when, and the two forms."""
    late = ("The time to respond has passed; an answer may come too late.",) if now > offer.respond_by else ()
    return page(
        "Service offer",
        status=status,
        problem=problem,
        lines=(f"Offered to {offer.provider_name}.", *late),
        facts=(*service_of(case), ("Respond by", when(offer.respond_by, zone))),
        form={
            "offer_id": offer.offer_id,
            "token": token,
            "zones": ZONES,
            "zone": zone,
            "reasons": reasons_for("decline"),
        },
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

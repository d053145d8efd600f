"""The page of a service that is taken on: what its provider needs to know, and the forms to report what became of it.

Before acceptance a provider sees no person (`page.service_of`); who serves the member needs the particulars
(45 CFR 164.506(c)), and only while the order is its own.
"""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from connectors.dispatch.page import NOTHING_WRONG, Wrong, forms_of, page, service_of, when
from schemas.case import Case, CaseState, Offer
from schemas.order import OrderType
from schemas.outbound import SELF_PAY

_CLINICAL = frozenset({OrderType.HOME_HEALTH, OrderType.INFUSION})


def work_page(
    offer: Offer, case: Case, token: str, zone: str, *, wrong: Wrong = NOTHING_WRONG, status: int = 200
) -> HTMLResponse:
    """Return the page with the member, the place and the items, and four forms."""
    return page(
        "Your service",
        status=status,
        wrong=wrong,
        lines=(f"Taken on by {offer.provider_name}.",),
        facts=(*schedule_of(case, zone), *service_of(case), *particulars_of(case)),
        forms=forms_of(offer.offer_id, token, zone, open_offer=False),
    )


def schedule_of(case: Case, zone: str) -> tuple[tuple[str, str], ...]:
    facts = [("Case", case.case_id)]
    if case.scheduled_start:
        until = f" to {when(case.scheduled_end, zone)}" if case.scheduled_end else ""
        facts.append(("Committed start", when(case.scheduled_start, zone) + until))
    if case.asked:
        facts.append(("Not to be delivered yet", "we wait for: " + ", ".join(one.label for one in case.asked)))
    if case.state is CaseState.MISSED:
        facts.append(("State", "missed; please give another start, or give the order back"))
    manager = case.manager
    facts.append(("Case manager", f"{manager.name}, extension {manager.extension}"))
    return tuple(facts)


def particulars_of(case: Case) -> tuple[tuple[str, str], ...]:
    """Return whom to serve, where, with what, and who ordered it: what was said, nothing where nothing was."""
    order = case.order
    member, made = order.member, order.equipment
    where = order.delivery_address or member.address
    codes = ", ".join(d.code for d in order.diagnoses) if order.order_type in _CLINICAL else ""
    clinician = order.clinician
    said = (
        ("Member", member.name.text if member.name else ""),
        ("Born", member.dob.isoformat() if member.dob else ""),
        ("Language", member.language or ""),
        ("Telephone", order.contact_phone or member.phone or ""),
        ("Address", where.one_line() if where else ""),
        ("Access", ", ".join(order.access_barriers)),
        ("Equipment", " ".join(part for part in (made.brand, made.model) if part)),
        ("Replaces serial", made.serial or ""),
        ("Ordered", "; ".join(line.description for line in order.lines if line.description)),
        ("How much", f"{order.frequency.value} ({order.frequency.kind.replace('_', ' ')})" if order.frequency else ""),
        ("Diagnoses", codes),
        ("Discharge", str(order.discharge_deadline or "")),
        ("Ordered by", clinician.name.text if clinician.name else ""),
        ("Practice", " ".join(part for part in (clinician.organization, clinician.practice_phone) if part)),
        ("Payment", SELF_PAY if case.self_pay else ""),
        ("Payer", "; ".join(cover.payer for cover in order.coverage if cover.payer)),
        ("Member ID", "; ".join(cover.member_id for cover in order.coverage if cover.member_id)),
    )
    return tuple((label, value) for label, value in said if value)

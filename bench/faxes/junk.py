"""Papers that have nothing to do with orders: marketing, newsletters, invoices, faxes meant for someone else."""

# ruff: noqa: E501 - the words that stand on papers

from __future__ import annotations

from bench.faxes import pools
from bench.faxes.page import Page
from bench.faxes.say import Values


def marketing(p: Page, v: Values) -> None:
    rng = v.rng
    p.face = rng.choice(("sans", "serif"))
    head, sub, body = rng.choice((
        ("LIMITED TIME OFFER", "Cruise the Bahamas, 2 for 1", "Your office has been selected! Three nights on board from $199 a person, meals included. Call now, offer expires Friday."),
        ("WORKING CAPITAL FOR YOUR PRACTICE", "$10,000 - $500,000 in 48 hours", "No collateral, all credit considered. Fill in amount wanted, name of business and best phone, and fax back today."),
        ("GLOVES & MASKS BLOWOUT", "Nitrile exam gloves $5.99 / box", "Minimum 10 boxes. Free shipping over $150. Prices guaranteed while supplies last. Ask for promo code FAX25."),
        ("BILLING GOT YOU DOWN?", "Outsource your claims and save 30%", "Our certified coders work denials, appeals and prior authorizations. First month free, no obligation quote."),
        ("HEALTH PLANS FOR SMALL OFFICES", "Open enrollment ends soon", "Compare PPO, HMO and dental from top carriers at the lowest price. Reply with number of employees and ages for a free quote."),
        ("LUNCH IS ON US", "See the new bedside monitor in 20 minutes", "Schedule a demonstration for your staff this month and get a $50 gift card. Visit our website to register for the webinar."),
    ))  # fmt: skip
    p.text(306, 110, head, 28, bold=True, anchor="ms", fit=520)
    p.text(306, 150, sub, 19, anchor="ms", fit=520)
    y = p.para(70, 210, body, 15, 542)
    p.box(70, y + 10, 472, 70, 3)
    p.text(306, y + 55, f"CALL 1-800-555-01{rng.randrange(100):02d}", 24, bold=True, anchor="ms")
    p.para(
        70,
        730,
        "To stop receiving these faxes call 1-888-555-0111 or reply with your number. Removal is free of charge.",
        8,
        542,
    )


def newsletter(p: Page, v: Values) -> None:
    p.face = "serif"
    p.text(
        306,
        70,
        v.rng.choice(("The County Care Courier", "Home Care Quarterly", "Network Notes for Providers")),
        26,
        bold=True,
        anchor="ms",
    )
    p.text(306, 86, f"Volume {v.rng.randrange(3, 30)}, Issue {v.rng.randrange(1, 5)}", 9, anchor="ms")
    p.line(40, 92, 572, 92, 1.5)
    stories = [
        (
            "Flu clinic dates",
            "Walk-in flu clinics run each Saturday at the community center. Bring your insurance card. High dose vaccine is offered to people of 65 and older.",
        ),
        (
            "Welcome, new staff",
            "Three nurses and a respiratory therapist joined the network this quarter. Say hello when you see them in the hall.",
        ),
        (
            "Fall prevention month",
            "Loose rugs, poor light and missing handrails cause most falls. The workshop for caregivers is on the second Tuesday at noon.",
        ),
        (
            "Documentation tip",
            "Remember that orders must be dated and that a signature stamp is not accepted. See the provider manual, chapter 4, for examples.",
        ),
        (
            "Recipe corner",
            "Low sodium lentil soup: one cup of lentils, two carrots, one onion, four cups of water. Simmer for forty minutes.",
        ),
    ]
    v.rng.shuffle(stories)
    for column in range(2):
        y = 116.0
        for title, body in stories[column::2]:
            p.text(40 + column * 272, y, title, 13, bold=True)
            y = p.para(40 + column * 272, y + 16, body, 10.5, 296 + column * 272) + 14


def misdirected(p: Page, v: Values) -> None:
    rng = v.rng
    p.face = "sans"
    who, text = rng.choice((
        ("Elm Street Dental, Attn: Dr. Pruitt", "Please see the enclosed panoramic x-ray and schedule the extraction of tooth 17. The patient prefers mornings."),
        ("Sal's Roofing & Gutters", "Attached is the signed bid for the garage roof. Please confirm the delivery date of the shingles and send the lease of the dumpster."),
        ("Walnut Hill Animal Hospital", "Rex, a 6 year old beagle, is due for rabies and bordetella. Please send the vaccination certificate before boarding."),
        ("First County Title Company", "Closing moved to Thursday at 2 PM. Wire instructions and the payoff letter for the mortgage follow under separate cover."),
        ("Jefferson Middle School, Attendance", "Please excuse the absence on Monday. The bus pass form is enclosed. Thank you."),
    ))  # fmt: skip
    p.text(60, 90, "FAX", 30, bold=True)
    p.text(60, 130, f"To: {who}", 12)
    p.text(60, 152, f"From: {rng.choice(pools.GIVEN)} {rng.choice(pools.FAMILY)}", 12)
    p.text(60, 174, f"Date: {v.day(v.truth.service_start)}", 12)
    p.para(60, 220, text, 12.5, 552)


def invoice(p: Page, v: Values) -> None:
    p.face = v.rng.choice(("sans", "mono"))
    p.text(
        40, 64, v.rng.choice(("Crown Uniform & Linen", "Allied Waste Haulers", "Summit Copier Leasing")), 15, bold=True
    )
    p.text(572, 64, "INVOICE", 20, bold=True, anchor="rs")
    p.text(
        40,
        90,
        f"Bill to: {v.case.supplier}     Invoice no. {v.rng.randrange(10**4, 10**6)}     Date {v.day(v.truth.service_start)}",
        9.5,
        fit=530,
    )
    y, total = 120.0, 0.0
    for name in v.rng.sample(
        (
            "Weekly service",
            "Toner, black",
            "Fuel surcharge",
            "Shop towels, case",
            "Lease payment",
            "Late fee",
            "Container rental",
        ),
        4,
    ):
        count, price = v.rng.randrange(1, 9), v.rng.randrange(500, 30000) / 100
        total += count * price
        p.box(40, y, 532, 20)
        p.text(46, y + 14, name, 10)
        p.text(360, y + 14, str(count), 10)
        p.text(566, y + 14, f"{count * price:,.2f}", 10, anchor="rs")
        y += 20
    p.text(566, y + 24, f"Balance due ${total:,.2f}", 12, bold=True, anchor="rs")
    p.text(40, y + 60, "Net 30. Remittance to accounts receivable.", 10)

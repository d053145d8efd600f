"""The desk's figures for a period: acknowledgement, clarification, touchless, acceptance, time to service, failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from doorstep.journal import Reader
from doorstep.providers import configured, with_kept
from doorstep.reports import net_clocks
from doorstep.reports.facts import Facts, Referral, Service, gather, hours
from doorstep.reports.period import Period
from doorstep.reports.sheet import RATE_COLUMNS, Cell, Rate, Report, Table, percentile
from schemas.case import CaseState
from schemas.network import Directory, Provider, ends_of, lacks

DAY = timedelta(hours=24)
SAME_QUESTION = timedelta(days=7)
"""Within so long another contact counts as the same matter. Ours: no source gives a window."""
SOON = (30, 60, 90)
"""Days within which papers that end are counted."""
_PLACED = (CaseState.PROVIDER_ACCEPTED, CaseState.SCHEDULED)


def report(reader: Reader, period: Period) -> Report:
    """Count the referrals received in the period, and what happened in it."""
    facts = gather(reader, period)
    received = list(facts.referrals.values())
    network = [one for one in directory(reader) if one.active]
    rates: list[tuple[str, Rate]] = [
        ("acknowledged within 24 hours", acknowledged(received)),
        ("acknowledged within the first business day", acknowledged_that_day(received)),
        ("clarification needed", clarified(received)),
        ("asked for more before delivery or claim", asked_later(received)),
        ("touchless to complete", touchless(received, facts)),
        ("fields accepted unseen and corrected later", Rate(facts.corrected_fields, facts.accepted_fields)),
        ("resolved at first contact", first_contact(received, period)),
        ("referrals placed with a provider", placed(received)),
        ("offers accepted", accepted(facts)),
        ("on time, by the first committed start", on_time(facts, period)),
        ("visits missed", missed(facts, period)),
        ("received again", Rate(sum(r.duplicates > 0 for r in received), len(received))),
        ("scheduled before the discharge", discharge_saves(received)),
        ("providers with every paper current", onboarded(network, period)),
    ]
    shown = [(name, *rate.cells()) for name, rate in rates]
    sends = [(*which, number) for which, number in sorted(facts.sends.items())]
    return Report(
        name="metrics",
        title="Metrics",
        period=str(period),
        zone=period.zone.key,
        made_at=period.now.isoformat(timespec="seconds"),
        tables=(
            Table.of("Rates", ("measure", *RATE_COLUMNS), shown, chart=("measure", "percent")),
            Table.of("Times in hours", ("measure", "n", "p50", "p90", "p99"), _times(received, facts, period)),
            handling(received, facts),
            *_clarification(received),
            _providers(facts),
            *net_clocks.tables(facts.clocks, net_clocks.started(reader.clocks(), facts.referrals)),
            Table.of("Clocks that ran out", ("clock", "times"), sorted(facts.breaches.items())),
            Table.of("What went to senders", ("channel", "outcome", "times"), sends),
            *papers(network, period),
        ),
        notes=(
            f"{len(received)} referrals received in the period; what was received before it is counted in its own.",
            "Clocks count what ended in the period; net is without the time in which they stood still for a cause.",
            "Acknowledged: the sender's channel took the case number. Clarification target: below 8 percent.",
            f"First contact: nothing more came for the case within {SAME_QUESTION.days} days.",
            "Handling time is that of calls with their minutes; how long a person looked at a review is not measured.",
            "Corrected later: among the fields that a person happened to see; only a checked sample tells more.",
            f"{facts.dead} deliveries ended in the dead letters.",
        ),
    )


def acknowledged(received: Sequence[Referral]) -> Rate:
    able = [r for r in received if r.answerable]
    good = sum(r.told_at is not None and r.told_at - r.received_at <= DAY for r in able)
    return Rate(good, len(able), {"without an address to answer": len(received) - len(able)})


def acknowledged_that_day(received: Sequence[Referral]) -> Rate:
    """Count by the business hours of the service address; what came after hours has all of the next business day."""
    able = [r for r in received if r.answerable]
    good = sum(r.told_at is not None and r.first_day_ends is not None and r.told_at <= r.first_day_ends for r in able)
    return Rate(good, len(able), {"without an address to answer": len(received) - len(able)})


def clarified(received: Sequence[Referral]) -> Rate:
    """Count referrals of which something was asked; a value we could not read is ours, and counts apart."""
    missing = sum(any(status == "missing" for _, status in r.asked) for r in received)
    ours = sum(bool(r.asked) and all(status != "missing" for _, status in r.asked) for r in received)
    return Rate(missing, len(received), {"asked only about what we could not read (counted as not needed)": ours})


def asked_later(received: Sequence[Referral]) -> Rate:
    """Count referrals of which a later gate wanted something; that holds no dispatch back and is no clarification."""
    missing = sum(any(status == "missing" for _, status in r.asked_later) for r in received)
    ours = sum(bool(r.asked_later) and all(status != "missing" for _, status in r.asked_later) for r in received)
    return Rate(missing, len(received), {"asked only about what we could not read (counted as not needed)": ours})


def touchless(received: Sequence[Referral], facts: Facts) -> Rate:
    """Count referrals that came to `complete` with no person deciding anything before."""
    complete = [(r, at) for r in received if (at := r.reached(CaseState.COMPLETE))]
    untouched = sum(
        not any(decision <= at for document in r.documents for decision in facts.decided.get(document, ()))
        for r, at in complete
    )
    return Rate(untouched, len(complete), {"not complete yet": len(received) - len(complete)})


def first_contact(received: Sequence[Referral], period: Period) -> Rate:
    """Count referrals after which nothing more came in time; whose time is not over yet is not known."""
    over = [r for r in received if period.now - r.received_at > SAME_QUESTION]
    once = sum(not any(at - r.received_at <= SAME_QUESTION for at in r.contacts) for r in over)
    early = f"received less than {SAME_QUESTION.days} days ago"
    return Rate(once, len(over), {early: len(received) - len(over)})


def placed(received: Sequence[Referral]) -> Rate:
    dispatched = [r for r in received if r.reached(CaseState.DISPATCHING, CaseState.UNDISPATCHABLE)]
    good = sum(r.reached(*_PLACED) is not None for r in dispatched)
    return Rate(good, len(dispatched), {"never offered": len(received) - len(dispatched)})


def accepted(facts: Facts) -> Rate:
    """Count offers; one that was recalled because another provider was first is no fault of its provider."""
    recalled = sum(offer.ended == "recalled" for offer in facts.offers.values())
    open_ones = sum(not offer.ended for offer in facts.offers.values())
    good = sum(offer.ended in {"accepted", "withdrawn"} for offer in facts.offers.values())
    return Rate(good, len(facts.offers) - recalled - open_ones, {"recalled": recalled, "still open": open_ones})


def _due(facts: Facts, period: Period) -> list[Service]:
    return [s for s in facts.services.values() if period.has(s.first_start) and s.first_start <= period.now]


def on_time(facts: Facts, period: Period) -> Rate:
    """Count what was due in the period by the first start that was committed; what has no proof counts as late."""
    due = _due(facts, period)
    counted = [service for service in due if not service.moved_by_member]
    good = sum(service.completed_at is not None and not service.late for service in counted)
    return Rate(good, len(counted), {"moved because the member asked": len(due) - len(counted)})


def missed(facts: Facts, period: Period) -> Rate:
    due = _due(facts, period)
    ours = [s for s in due if any(cause == "provider" for cause in s.missed)]
    others = sum(bool(s.missed) and s not in ours for s in due)
    return Rate(len(ours), len(due), {"missed for another cause than the provider (counted as not missed)": others})


def discharge_saves(received: Sequence[Referral]) -> Rate:
    """Count discharges before which a start was committed; one that was over when its order came nobody could meet."""
    named = [(r, r.discharge_at) for r in received if r.discharge_at is not None]
    flagged = [(r, at) for r, at in named if at > r.received_at]
    saved = sum(any(start <= at for start in r.scheduled) for r, at in flagged)
    left_out = {
        "no discharge named": len(received) - len(named),
        "over when the order came": len(named) - len(flagged),
    }
    return Rate(saved, len(flagged), left_out)


def directory(reader: Reader) -> list[Provider]:
    """Return the network as this hub is set up with it, and what the API says of it."""
    return [one.provider for one in with_kept(Directory.model_validate(configured()), reader.providers())]


def onboarded(active: Sequence[Provider], period: Period) -> Rate:
    """Count the active providers of the network that lack no paper today (rules/network)."""
    today = period.now.astimezone(period.zone).date()
    return Rate(sum(not lacks(provider, today) for provider in active), len(active))


def papers(active: Sequence[Provider], period: Period) -> tuple[Table, Table]:
    """Return how many providers have a paper that has ended or ends soon, and which."""
    today = period.now.astimezone(period.zone).date()
    ends = sorted((last, one.name, one.npi, paper) for one in active for paper, last in ends_of(one))
    spans = [("ended before today", None, -1), *((f"ends within {days} days", 0, days) for days in SOON)]
    rows = []
    for name, first, last in spans:
        within = [e for e in ends if (first is None or (e[0] - today).days >= first) and (e[0] - today).days <= last]
        rows.append((name, *Rate(len({npi for _, _, npi, _ in within}), len(active)).cells()[:3], len(within)))
    soon = [(npi, name, paper, str(last), (last - today).days) for last, name, npi, paper in ends
            if (last - today).days <= SOON[-1]]  # fmt: skip
    return (
        Table.of("Papers that end", ("within", "percent of providers", "n", "of", "papers"), rows),
        Table.of("Which papers end", ("NPI", "provider", "paper", "last day", "days left"), soon),
    )


def handling(received: Sequence[Referral], facts: Facts) -> Table:
    """Return the minutes of calls: by call, and by referral that the desk had any call about."""
    minutes, calls = sum(facts.call_minutes), len(facts.call_minutes)
    without = facts.calls - calls
    left_out = f"{without} calls without minutes" if without else ""
    called = {case for case in facts.called if case in facts.referrals}
    of_theirs = sum(sum(facts.called[case]) for case in called)
    quiet = len(received) - len(called)
    return Table.of(
        "Handling time in minutes",
        ("measure", "mean", "total", "n", "left out"),
        [
            ("a call", _mean(minutes, calls), minutes, calls, left_out),
            ("calls of a referral", _mean(of_theirs, len(called)), of_theirs, len(called),
             f"{quiet} referrals without a call that has minutes" if quiet else ""),
        ],
    )  # fmt: skip


def _mean(total: float, number: int) -> float | None:
    return round(total / number, 2) if number else None


def _times(received: Sequence[Referral], facts: Facts, period: Period) -> list[tuple[Cell, ...]]:
    def since_receipt(moment: Callable[[Referral], datetime | None]) -> list[float]:
        return [(at - r.received_at).total_seconds() for r in received if (at := moment(r))]

    spans: list[tuple[str, Iterable[float]]] = [
        ("receipt to acknowledgement", since_receipt(lambda r: r.told_at)),
        ("receipt to complete", since_receipt(lambda r: r.reached(CaseState.COMPLETE))),
        ("receipt to a provider's acceptance", since_receipt(lambda r: r.reached(*_PLACED))),
        ("receipt to the committed start", since_receipt(lambda r: r.scheduled[0] if r.scheduled else None)),
        ("receipt to service", [(s.completed_at - facts.received[case]).total_seconds()
                                for case, s in facts.services.items()
                                if s.completed_at and period.has(s.completed_at) and case in facts.received]),
        ("waiting for the sender", [s for r in received if (s := r.spent_in(CaseState.INCOMPLETE, period.now))]),
        ("offer to acceptance", [(o.answered_at - o.sent_at).total_seconds() for o in facts.offers.values()
                                 if o.ended == "accepted" and o.answered_at]),
        ("review asked to decided", facts.review_seconds),
        ("telephone call", [minutes * 60.0 for minutes in facts.call_minutes]),
    ]  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for name, seconds in spans:
        values = hours(seconds)
        rows.append((name, len(values), *(percentile(values, share) for share in (0.5, 0.9, 0.99))))
    return rows


def _clarification(received: Sequence[Referral]) -> tuple[Table, ...]:
    def by(name: str, key: Callable[[Referral], str]) -> Table:
        groups: dict[str, list[Referral]] = {}
        for referral in received:
            groups.setdefault(key(referral), []).append(referral)
        rows = [(group, *clarified(found).cells()) for group, found in sorted(groups.items())]
        return Table.of(f"Clarification by {name}", (name, *RATE_COLUMNS), rows)

    def asked(name: str, what: Callable[[Referral], list[tuple[str, str]]]) -> Table:
        elements = Counter(one for r in received for one in what(r))
        counted = sorted(elements.items(), key=lambda item: (-item[1], item[0]))
        return Table.of(name, ("element", "status", "referrals"), [(*which, n) for which, n in counted])

    return (
        by("channel", lambda r: r.channel),
        by("order type", lambda r: r.order_type),
        asked("What was asked for", lambda r: r.asked),
        asked("What was asked for before delivery or claim", lambda r: r.asked_later),
    )


def _providers(facts: Facts) -> Table:
    outcomes: dict[tuple[str, str], Counter[str]] = {}
    for offer in facts.offers.values():
        outcomes.setdefault((offer.npi, offer.provider), Counter())[offer.ended or "open"] += 1
    columns = ("accepted", "declined", "expired", "recalled", "withdrawn", "open")
    rows: list[tuple[Cell, ...]] = [
        (npi, provider, sum(found.values()), *(found[name] for name in columns))
        for (npi, provider), found in sorted(outcomes.items())
    ]
    return Table.of("Offers by provider", ("NPI", "provider", "offers", *columns), rows)

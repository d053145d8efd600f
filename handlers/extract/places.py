"""Where the order goes: postal addresses whose parts fit each other."""

from __future__ import annotations

import re

from doorstep import rules
from handlers.extract.geometry import Span
from handlers.extract.values import Found
from schemas import identifiers

_STATES = (
    "AL AK AZ AR CA CO CT DE DC FL GA GU HI ID IL IN IA KS KY LA ME MD MA MI MN MS "
    "MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WV WI WY"
)
ADDRESS = re.compile(
    r"(?P<street>(?:\d{1,6}[A-Za-z]?(?:-(?:\d+|[A-Z]))?\s+(?:(?:#\s?)?[A-Z0-9][\w.'#\-]*\s*,?\s*){1,7}|P\.?\s?O\.?\s+Box\s+\d+\s*,?\s*))[,;\s]\s*"
    r"(?P<city>[A-Z][A-Za-z.'\-]+(?:\s[A-Z][A-Za-z.'\-]+){0,2})\s*[,.;]?\s+"
    rf"(?P<state>{'|'.join(_STATES.split())})[.,]?\s+(?P<zip>\d{{5}}(?:-\d{{4}})?)(?!\d)"
)
ADDRESS_END = re.compile(rf"^[A-Z][A-Za-z.'\- ]+,?\s+(?:{'|'.join(_STATES.split())})[.,]?\s+\d{{5}}\b")
"""The line of a city: `Dayton, OH 45402` is no name."""
_STREET_END = re.compile(
    r"\b(ave|avenue|st|street|ln|lane|rd|road|ct|court|dr|drive|blvd|boulevard|way|pl|place|cir|circle|ter|terrace|pkwy|parkway|hwy|highway|sq|square|trl|trail|loop|pike|run|row|path|walk|alley|box)\b\.?",
    re.I,
)
_UNIT = re.compile(
    r"^[\s,]*((?:apt|apartment|unit|suite|ste|floor|fl|lot|room|rm|bldg)\.?\s*#?\s*\w+|#\s*\w+)", re.IGNORECASE
)
_BEHIND = re.compile(r"\s+(?:[NS][EW]?|[EW]|\d{1,4}[A-Z]?)\b\.?(?=\s*,|\s+(?:apt|unit|ste|suite|lot|#))", re.IGNORECASE)
"""What belongs to a street behind its kind: a direction (`Peachtree Ln NW`), a number (`County Road 812`)."""
_SAINT = re.compile(
    r"(?P<comma>,?)\s+(?:(?:Port|East|West|North|South|Lake|Fort|New|Sault)\s+)?(?:St|Ste)\b\.?,?\s+(?:Albans|Amant|Ann|Anne|Ansgar|Anthony|Augustine|Bernard|Bonaventure|"
    r"Bonifacius|Charles|Clair|Clairsville|Cloud|Croix|Edward|Elmo|Francis|Francisville|Gabriel|Genevieve|George|Georges|"
    r"Hedwig|Helen|Helena|Helens|Henry|Hilaire|Ignace|Ignatius|Jacob|James|Joe|John|Johns|Johnsbury|Joseph|Landry|Leo|Leonard|Libory|"
    r"Louis|Lucie|Maries|Martin|Martinville|Marys|Marie|Matthews|Meinrad|Michael|Michaels|Nazianz|Paul|Pauls|Peter|Peters|Petersburg|Pete|Regis|Robert|"
    r"Rose|Simons|Stephen|Stephens|Thomas)\b(?:\s+(?:Park|Beach|City|Heights|Island|Falls|Paul|Parish|County))?$"
)
"""The end of an address line whose city is a saint's (`9th St, St. Louis`); its `St` ends no street."""
_INNER_UNIT = re.compile(
    r"\b(?:apt|unit|suite|ste|lot|room|rm|bldg|floor|fl)\.?\s*#?\s*\w+\s*,?$|#\s*\w+\s*,?$", re.IGNORECASE
)


def address(span: Span) -> Found | None:
    """Read a postal address whose state fits its ZIP code; `line 1[ line 2], City, ST 12345`."""
    match = ADDRESS.search(span.text)
    return address_at(span, match) if match is not None and match.start() <= 40 else None


def address_at(span: Span, match: re.Match[str]) -> Found | None:
    """Return the address that ADDRESS matched, if its parts fit each other."""
    line = f"{match['street'].rstrip(' ,')}, {match['city']}"
    ends = list(_STREET_END.finditer(line))
    quality = 1.0
    comma = line.rfind(",")
    saint = _SAINT.search(line)
    if saint is not None and (
        saint["comma"] or _STREET_END.search(line, 0, saint.start()) or _INNER_UNIT.search(line[: saint.start()])
    ):
        street, city = line[: saint.start()].strip(" ,"), re.sub(r"[\s,]+", " ", line[saint.end("comma") :]).strip()
    elif ends:
        cut = ends[-1].end() if ends[-1].end() <= comma else (ends[0].end() if ends[0].end() < len(line) - 2 else comma)
        behind = _BEHIND.match(line[cut:])
        cut += behind.end() if behind else 0
        unit = _UNIT.match(line[cut:])
        cut += unit.end() if unit else 0
        street, city = line[:cut].strip(" ,"), re.sub(r"[\s,]+", " ", line[cut:]).strip()
    else:
        street, city, quality = line[:comma], line[comma + 1 :].strip(), 0.8
    if not city or not re.fullmatch(r"[A-Za-z.'\- ]+", city):
        return None
    street = re.sub(r"\s*,\s*", " ", re.sub(r"\s+", " ", street))
    street, city = re.sub(r"(?<=\w{2})\.(?=\s*$)", "", street), city.strip(" .")
    state, postal = match["state"], match["zip"]
    fits = state in identifiers.state_of_zip(postal, rules.zip3_states())
    value = f"{street}, {city}, {state} {postal}"
    return Found(value, span.slice(*match.span()), ("zip-state",) if fits else (), quality if fits else 0.5)

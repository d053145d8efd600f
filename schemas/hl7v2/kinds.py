"""The kinds of names and addresses (PID-5.7, PID-11.7), which some systems send as the words they display."""

from __future__ import annotations

ADDRESS_CODES = frozenset(
    ["BA", "BDL", "BI", "BR", "B", "C", "F", "H", "HV", "L", "M", "N", "O", "P", "RH", "RM", "S", "SH", "TM", "V"]
)
ADDRESS_WORDS = {
    "HOME": "H",
    "RESIDENCE": "H",
    "RESIDENTIAL": "H",
    "PHYSICAL": "H",
    "STREET": "H",
    "PRIMARY": "H",
    "CURRENT": "C",
    "TEMPORARY": "C",
    "TEMP": "C",
    "CURRENT OR TEMPORARY": "C",
    "PERMANENT": "P",
    "LEGAL": "L",
    "OFFICIAL": "L",
    "MAILING": "M",
    "MAIL": "M",
    "POSTAL": "M",
    "SHIPPING": "SH",
    "SHIP TO": "SH",
    "DELIVERY": "SH",
    "BILLING": "BI",
    "BUSINESS": "B",
    "FIRM/BUSINESS": "B",
    "OFFICE": "O",
    "OFFICE/BUSINESS": "O",
    "WORK": "O",
    "VACATION": "V",
    "BIRTH": "N",
    "BAD": "BA",
    "OLD": "BA",
    "FORMER": "BA",
    "PREVIOUS": "BA",
}
"""PID-11.7 as the words that some systems display and send instead of the code of table 0190."""
HOME_ADDRESS = ("H", "C", "P", "L", "", "M", "BDL", "RH", "HV")
"""PID-11.7 (table 0190) in order of preference for where the member lives."""
DELIVERY_ADDRESS = ("SH",)
NAME_CODES = frozenset(
    [
        "A",
        "B",
        "BAD",
        "C",
        "D",
        "F",
        "I",
        "K",
        "L",
        "M",
        "MSK",
        "N",
        "NAV",
        "NB",
        "NOUSE",
        "P",
        "R",
        "REL",
        "S",
        "T",
        "TEMP",
        "U",
    ]
)
NAME_WORDS = {
    "LEGAL": "L",
    "OFFICIAL": "L",
    "PRIMARY": "L",
    "CURRENT": "CURRENT",
    "CURRENT LEGAL": "L",
    "DISPLAY": "D",
    "USUAL": "D",
    "CUSTOMARY": "D",
    "ADOPTED": "C",
    "BIRTH": "B",
    "REGISTERED": "R",
    "UNSPECIFIED": "U",
    "ALIAS": "A",
    "ALTERNATE": "A",
    "AKA": "A",
    "MAIDEN": "M",
    "PREVIOUS": "BAD",
    "FORMER": "BAD",
    "OLD": "BAD",
    "NICKNAME": "N",
    "NICK": "N",
    "PREFERRED": "N",
    "PSEUDONYM": "S",
    "ANONYMOUS": "S",
    "TEMPORARY": "TEMP",
}
"""The same for PID-5.7 and table 0200."""
LEGAL_NAME = ("L", "CURRENT", "D", "", "C", "B", "R", "U")
"""PID-5.7 (table 0200) in order of preference; aliases, maiden and nicknames are not the member's name."""


def type_of(text: str, words: dict[str, str], codes: frozenset[str]) -> str | None:
    """Return the code of a type sent as a code or as a word; None for one that is not known."""
    plain = " ".join(text.upper().split()).removesuffix(" ADDRESS").removesuffix(" NAME")
    return plain if not plain or plain in codes else words.get(plain)

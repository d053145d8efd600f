"""Failure classes: which words of a gateway or of HylaFAX mean what, and how often and when to try again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from schemas.outbound import FailureClass

_WORDS: tuple[tuple[FailureClass, str], ...] = (
    (FailureClass.ACCOUNT, r"balance|credit|funds|insufficient|account|billing|quota|limit|suspended|unauthori[sz]ed"),
    (
        FailureClass.ACCOUNT,
        r"no local dial ?tone|no dial ?tone|modem (?:wedged|not)|blocked by (?:policy|administrator)",
    ),
    (
        FailureClass.DOCUMENT,
        r"document|conver(?:t|sion)|format_failed|no_formatter|unsupported (?:file|type|media)|ghostscript|postscript"
        r"|file (?:type|format|size)|media (?:error|process)|imaging|unprintable",
    ),
    (FailureClass.BUSY, r"busy|line in use|glare"),
    (
        FailureClass.NOT_A_FAX,
        r"not a fax|no fax|wanted fax|voice|human|answering machine|modem answer|data connection|no (?:ced|fax tone)"
        r"|no carrier|carrier not detected|fax machine not",
    ),
    (
        FailureClass.BAD_NUMBER,
        r"invalid (?:\w+ )?(?:number|destination|phone)|destination.invalid|unallocated|unassigned|disconnected number"
        r"|number (?:is )?(?:invalid|changed|not in service|disconnected)|not in service|bad number|unreachable"
        r"|invalid dial|no route|incompatible.destination|unknown number",
    ),
    (FailureClass.DECLINED, r"declin|reject|refus|forbidden|blacklist|do.not.(?:fax|call)|opt(?:ed)?.?out|junk"),
    (FailureClass.NO_ANSWER, r"no[ ._-]?answer|no[ ._-]?response|unanswered|not answer|ring(?:ing)? time|ringback"),
    (
        FailureClass.NEGOTIATION,
        r"negotiat|initial.communication|handshak|train(?:ing)?\b|phase [ab]|t\.?30|t1 time|dcs|dis/dtc|incompatible"
        r"|compatib|no response to (?:mps|eop|eom)|protocol|signal(?:l?ing)? error|communication (?:error|timeout)",
    ),
    (FailureClass.PARTIAL, r"partial|some pages|incomplete"),
    (
        FailureClass.DROPPED,
        r"drop|hang ?up|hung up|lost carrier|disconnect|call (?:ended|cut|terminated)|interrupted|line (?:error|noise)"
        r"|page (?:transmission|transfer) fail|phase [cd]|rtn|remote (?:end )?(?:failed|ended)|cancelled by remote",
    ),
)
_COMMON = tuple((failure, re.compile(pattern, re.IGNORECASE)) for failure, pattern in _WORDS)
_SEPARATORS = re.compile(r"[_\-]+")

WAITS: Mapping[FailureClass, Sequence[float]] = {
    FailureClass.BUSY: (180, 600, 1800),
    FailureClass.NO_ANSWER: (600, 1800, 3600),
    FailureClass.DROPPED: (60, 300, 900),
    FailureClass.NEGOTIATION: (300, 900, 1800),
    FailureClass.PARTIAL: (60, 300, 900),
    FailureClass.UNKNOWN: (600, 1800, 3600),
}
"""Seconds before the next try; a class that is not here is not tried again: something must change first."""


def classify(said: Sequence[str], known: Mapping[FailureClass, Sequence[str]] | None = None) -> FailureClass:
    """Return the class of a failure from what was said of it, most telling first; a vendor's own words come first."""
    for text in said:
        for failure, patterns in (known or {}).items():
            if any(re.search(pattern, text, re.IGNORECASE) for pattern in patterns):
                return failure
    for text in said:
        plain = _SEPARATORS.sub(" ", text)
        for failure, pattern in _COMMON:
            if pattern.search(text) or pattern.search(plain):
                return failure
    return FailureClass.UNKNOWN


def wait_before(failure: FailureClass, tries: int, most: int) -> float | None:
    """Return the seconds to wait after the try number `tries`; None when there is no further one."""
    waits = WAITS.get(failure)
    if waits is None or tries >= most:
        return None
    return float(waits[min(tries, len(waits)) - 1])

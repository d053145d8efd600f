"""What kind of paper a page is: the evidence in its words for each act of a sender, as scores and as a probability."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from doorstep import rules
from handlers.extract.asked import find_hits
from handlers.extract.geometry import sheet_of
from schemas import identifiers
from schemas.document import DocumentClass
from schemas.reading import Page

ORDER, COVER = "order", "cover"
CODE_WORTH = 8.0
"""A code of what is ordered says more than a phrase; that somebody orders it must stand in the words."""
MOST_CODES = 2
FORM_LABELS = 6
"""A page that announces so many of an order's own fields is an order's form, whatever it is headed."""
ORDER_LABELS = frozenset(
    {"member_id", "clinician_npi", "icd10", "code", "quantity", "frequency", "service_start", "service_end"}
    | {"ship_address", "clinician_name", "payer", "contact_phone", "practice_phone", "practice_fax"}
)
ORDERS = tuple(c.value for c in DocumentClass if c.is_order)
LEAST_MENDED = 6
"""A word of so many letters with one misread is still that word."""
_BLANKS = re.compile(r"[^a-z0-9]+")
_DAY = re.compile(
    r"\b(?:\d{1,2}\s?[/.\- ]\s?\d{1,2}\s?[/.\- ]\s?(\d{4}|\d{2})|((?:19|20)\d\d)-\d\d-\d\d"
    r"|[A-Za-z]{3,9}\.? \d{1,2},? ((?:19|20)\d\d)|\d{1,2}[ \-][A-Za-z]{3,9}[ \-]((?:19|20)?\d\d))\b"
)
_BORN = re.compile(r"\b(?:d\.?o\.?b\b|birth|born)", re.IGNORECASE)
YOUNGEST, FIRST_SHORT = 2012, 36
"""Days up to this year, or from this short year on, are births: an order for a younger child says that it is one."""
_CREDENTIALS = re.compile(r"\b(?:M\.?D\.?|D\.?O\.?|N\.?P\.?|PA-?C|APRN|CNP|FNP|DPM|Dr\.?)(?=\W|$)")
_SIGNED = re.compile(
    r" (?:signature|signed|sign|sig|dr|doctor|prescriber|practitioner|ordering|ordered by|surgeon|npi) "
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a page, or some pages together, are: the act and how likely, the kind of order and how likely."""

    act: str
    act_sure: float
    order: str
    order_sure: float
    person: bool
    clinician: bool
    order_act: float
    """How strongly it speaks of an order, in points."""

    @property
    def is_order(self) -> bool:
        return self.act == ORDER


@dataclass(frozen=True, slots=True)
class _Rules:
    """The phrases as patterns, ready to be searched for."""

    order: Mapping[str, Any]
    phrases: Mapping[str, tuple[tuple[re.Pattern[str], float], ...]]
    codes: Mapping[str, re.Pattern[str]]
    not_medical: re.Pattern[str]
    not_medical_worth: float
    unknown: float
    sharpness: float


@cache
def _rules() -> _Rules:
    data: dict[str, Any] = rules.load("documents/classes")
    listed = {ORDER: data["order"], COVER: data["cover"], **data["classes"]}
    return _Rules(
        order=data["order"],
        phrases={
            name: tuple((_pattern(p), float(worth)) for worth, ps in entry["phrases"].items() for p in ps)
            for name, entry in listed.items()
        },
        codes={name: re.compile(entry["codes"]) for name, entry in data["classes"].items() if "codes" in entry},
        not_medical=re.compile("|".join(_pattern(p).pattern for p in data["not_medical"]["words"])),
        not_medical_worth=float(data["not_medical"]["worth"]),
        unknown=float(data["unknown"]),
        sharpness=float(data["sharpness"]),
    )


def _pattern(phrase: str) -> re.Pattern[str]:
    """Turn a phrase into a pattern: `*` stands for the rest of a word, or for a whole one, 9 for any number."""
    words = []
    for word in str(phrase).lower().split():
        escaped = re.escape(word).replace(r"\*", r"[a-z]*" if word != "*" else r"\w+")
        words.append(re.sub(r"9", r"\\d+", escaped))
    return re.compile(rf"(?<= ){' '.join(words)}(?= )")


def plain(text: str) -> str:
    """Return lower-case words parted and surrounded by single blanks."""
    return f" {_BLANKS.sub(' ', text.lower()).strip()} "


@cache
def _vocabulary() -> frozenset[str]:
    data: dict[str, Any] = rules.load("documents/classes")
    entries = (data["order"], data["cover"], *data["classes"].values())
    words = {w for entry in entries for ps in entry["phrases"].values() for p in ps for w in str(p).lower().split()}
    return frozenset(w.rstrip("*") for w in words if len(w.rstrip("*")) >= LEAST_MENDED)


@lru_cache(maxsize=65536)
def _mended(word: str) -> str:
    """Return the known word that a misread one was; words of several endings are taken as they are."""
    if len(word) < LEAST_MENDED or word in _vocabulary() or any(word.startswith(known) for known in _vocabulary()):
        return word
    found = process.extractOne(word, _vocabulary(), scorer=Levenshtein.distance, score_cutoff=1)
    return found[0] if found else word


def mended(text: str) -> str:
    """Return plain text with single misread letters in long words put right."""
    return f" {' '.join(_mended(word) for word in text.split())} "


def scores_of(page: Page) -> dict[str, float]:
    """Return how much a page says for each act and each kind of order, each phrase counted once."""
    known = _rules()
    text = mended(plain(page.text))
    scores: dict[str, float] = defaultdict(float)
    for name, listed in known.phrases.items():
        scores[name] = sum(worth for pattern, worth in listed if pattern.search(text))
    labels = {hit.field for hit in find_hits(sheet_of(page))} & ORDER_LABELS
    form = len(labels) >= FORM_LABELS
    for name, hits in _codes(page, form=form).items():
        scores[name] += CODE_WORTH * min(MOST_CODES, hits)
    goods = max(scores[name] for name in ORDERS)
    parts = {
        "person": _person(page.text),
        "clinician": bool(_CREDENTIALS.search(page.text)) or " npi " in text,
        "diagnosis": any(identifiers.ICD10_DOTTED.fullmatch(w.text.strip(".,;:()[]")) for w in page.words),
    }
    weights = known.order
    scores[ORDER] += float(weights["goods"]) * min(float(weights["most_goods"]), goods)
    scores[ORDER] += float(weights["form"]) * form
    scores[ORDER] += sum(float(weights[part]) for part, there in parts.items() if there)
    scores[ORDER] += float(weights["whole"]) * (all(parts.values()) and goods >= float(weights["least_goods"]))
    scores["person"], scores["clinician"] = float(parts["person"]), float(bool(_SIGNED.search(text)))
    scores["clinician"] = max(scores["clinician"], float(parts["clinician"]))
    if not known.not_medical.search(text):
        scores[DocumentClass.WRONG_RECIPIENT.value] += known.not_medical_worth
    return scores


def _person(text: str) -> bool:
    """Say whether somebody's birth stands on the page: a day long past, or any day where births are spoken of."""
    years = [int(next(filter(None, match.groups()))) for match in _DAY.finditer(text)]
    return bool(years) and (
        any(1900 <= year <= YOUNGEST or FIRST_SHORT <= year < 100 for year in years) or bool(_BORN.search(text))
    )


def _codes(page: Page, *, form: bool) -> dict[str, int]:
    """Count the different codes of each kind of order; on a form a code counts that no table knows."""
    table = rules.hcpcs_table()
    read = [identifiers.read_hcpcs(w.text.strip(".,;:|()[]"), table) for w in page.words]
    shapes = {"hcpcs-table", "hcpcs-shape"} if form else {"hcpcs-table"}
    codes = {c.value for c in read if c and shapes.intersection(c.validators)}
    return {name: sum(1 for c in codes if pattern.match(c)) for name, pattern in _rules().codes.items()}


def kind_of(scores: Mapping[str, float]) -> Kind:
    """Weigh the acts against each other and against that it is none of them, and the kinds of order likewise."""
    known = _rules()
    acts = {name: scores[name] for name in known.phrases if name not in ORDERS}
    sure = _shares({**acts, "": known.unknown}, known.sharpness)
    act = max(sure, key=lambda name: sure[name])
    kinds = _shares({name: scores[name] for name in ORDERS}, known.sharpness)
    best = max(kinds, key=lambda name: kinds[name])
    if act == ORDER and scores[ORDER] < float(known.order["least"]):
        act = ""
    return Kind(
        act, sure[act], best, kinds[best], bool(scores.get("person")), bool(scores.get("clinician")), scores[ORDER]
    )


def together(pages: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the scores of pages that belong together: the best of each, and a part of what the others say."""
    total: dict[str, float] = defaultdict(float)
    listed: Sequence[Mapping[str, float]] = list(pages)
    for name in {name for scores in listed for name in scores}:
        ranked = sorted((scores.get(name, 0.0) for scores in listed), reverse=True)
        total[name] = ranked[0] + 0.5 * sum(ranked[1:])
    return total


def _shares(scores: Mapping[str, float], sharpness: float) -> dict[str, float]:
    """Return probabilities: points count for less the more there are of them."""
    points = {name: sharpness * math.sqrt(max(0.0, score)) for name, score in scores.items()}
    top = max(points.values())
    weights = {name: math.exp(value - top) for name, value in points.items()}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}

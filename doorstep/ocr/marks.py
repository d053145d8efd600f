"""What pixels say and text cannot: whether a signature stands at its label, and which boxes are checked.

`signature` is True when ink that is no printed word stands beside, below or above a signature label, False when
nothing does; `signature:printed` when only printed words do. `signature:unlabelled` is True when, on a page that asks
for no signature, ink stands over a printed name with its credentials, or between an X and a day. `checkbox:<label>` is
True for a filled box.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from PIL import Image, ImageFilter

from schemas.reading import Word

DARK = 140
_INK = bytes(value < DARK for value in range(256))
"""Turns a row of grey values into ones where there is ink."""
_SIGNATURE = re.compile(r"^\W*(signature|signed)\W*$", re.IGNORECASE)
_CLOSING = re.compile(r"^\W*(sincerely|regards|respectfully|cordially|truly)\W*$", re.IGNORECASE)
_NOT_THE_CLINICIANS = re.compile(
    r"\b(patient|beneficiary|member|caregiver|guardian|supplier|nurse|witness|representative|employee|driver|on file)",
    re.I,
)
_SIGNED = re.compile(r"^\W*signed\W*$", re.IGNORECASE)
_SIG = re.compile(r"\b(?:md|dr|physician|provider|prescriber|practitioner|clinician)(?:['’]?s)?\W+sig\b", re.IGNORECASE)
"""A signature's label cut short: `MD sig:`; `Sig` alone is a direction for use."""
_CROSS = re.compile(r"^[Xx]\W?$")
_DATES = re.compile(r"\W*(?:the\s+)?date\W+signed\b", re.IGNORECASE)
"""What stands at such a label is a day, maybe by hand, and no signature; the signature is left of it."""
_NAMED = re.compile(
    r"(?:Dr\.?\s+)?(?:[A-Z][A-Za-z'’\-]*[.,]?\s+){1,4}\(?(?:M\.?D|D\.?O|N\.?P|P\.?A|PA-C|NP-C|DPM|APRN|ARNP|CRNP|CNP|DNP|[AF]NP|FNP-(?:C|BC))\.?,?\)?(?:\s|$)"
)
"""A line that begins with a name and the credentials of one who may order."""
HEAD = 0.25
"""The name at the head of a page is a letterhead's, whatever is drawn over it."""
SCRAWL = 4.0
"""Ink that no label asks for is a signature from so many text heights on."""
_NEXT_LABEL = re.compile(r"^\W*(date|npi|phone|fax|time|printed|print|name|title|license)\b", re.IGNORECASE)

Box = tuple[int, int, int, int]


def find_marks(image: Image.Image, words: Sequence[Word]) -> dict[str, bool]:
    """Return the marks of one upright page (grey, before softening)."""
    readable = [w for w in words if w.confidence > 0.3 and any(c.isalnum() for c in w.text)]
    if not readable:
        return {}
    height = median(w.box[3] - w.box[1] for w in readable)
    found: dict[str, bool] = {}
    for word in readable:
        if _SIGNATURE.match(word.text) and not _NOT_THE_CLINICIANS.search(_phrase(word, readable, height)):
            if _SIGNED.match(word.text) and _DATES.match(_phrase(word, readable, height)):
                found["signature"] = found.get("signature", False) or _ink_before(image, word, words, height)
                continue
            ink, printed = _signature_at(image, word, words, height)
            found["signature"] = found.get("signature", False) or ink
            if printed and not ink:
                found["signature:printed"] = True
        elif _asks_shortly(word, readable, height):
            found["signature"] = found.get("signature", False) or _signature_at(image, word, words, height)[0]
        elif _CLOSING.match(word.text) and word.text.rstrip().endswith(","):
            x0, _, _, y1 = word.box
            zone = (
                max(0, round(x0 - 3 * height)),
                round(y1 + 0.3 * height),
                round(x0 + 18 * height),
                round(y1 + 5 * height),
            )
            found["signature"] = found.get("signature", False) or _ink_in(image, zone, words, height)[0]
    if found.get("signature"):
        found.pop("signature:printed", None)
    if "signature" not in found and _signed_without_label(image, readable, words, height):
        found["signature:unlabelled"] = True
    found.update(_checkboxes(image, readable, height))
    return found


def _signed_without_label(image: Image.Image, readable: Sequence[Word], words: Sequence[Word], height: float) -> bool:
    """Look for ink over a printed name with credentials, or behind an X before a day, below the page's head."""
    for row in _rows_of(readable, height):
        if row[0].box[1] < image.height * HEAD:
            continue
        first, text = row[0], " ".join(w.text for w in row)
        x0, y0, x1, y1 = first.box
        h = round(height)
        reach = round(image.width * 0.3)
        if _NAMED.match(text):
            zone = (max(0, x0 - 2 * h), y0 - round(3.2 * h), x0 + reach, y0 - h // 4)
            if _ink_in(image, zone, words, height, wide=SCRAWL)[0]:
                return True
        elif _CROSS.match(first.text) and len(row) > 1 and re.match(r"\d|[A-Z][a-z]{2}", row[1].text):
            zone = (x1 + h // 3, y0 - round(1.1 * h), min(x1 + reach, row[1].box[0] - h // 3), y1 + round(0.5 * h))
            if _ink_in(image, zone, words, height, wide=SCRAWL)[0]:
                return True
    return False


def _phrase(word: Word, words: Sequence[Word], height: float) -> str:
    """Return the printed words around a label on its line, near enough to belong to it."""
    middle = (word.box[1] + word.box[3]) / 2
    row = [w for w in words if abs((w.box[1] + w.box[3]) / 2 - middle) < 0.6 * height]
    left = sorted((w for w in row if w.box[0] < word.box[0]), key=lambda w: -w.box[0])
    edge, phrase = word.box[0], [word.text]
    for other in left:
        if edge - other.box[2] > 1.2 * height or other.text.endswith(":"):
            break
        phrase.insert(0, other.text)
        edge = other.box[0]
    after = [w for w in row if 0 <= w.box[0] - word.box[2] < 6 * height][:3]
    return " ".join([*phrase, *(w.text for w in sorted(after, key=lambda w: w.box[0]))])


def _asks_shortly(word: Word, words: Sequence[Word], height: float) -> bool:
    """Say whether a signature is asked for by `MD sig:`, or by a bare X before `Date` alone on its line."""
    if re.match(r"sig\W*$", word.text, re.IGNORECASE):
        return bool(_SIG.search(_phrase(word, words, height)))
    if not _CROSS.match(word.text):
        return False
    middle = (word.box[1] + word.box[3]) / 2
    row = sorted((w for w in words if abs((w.box[1] + w.box[3]) / 2 - middle) < 1.2 * height), key=lambda w: w.box[0])
    following = row[1:2] if row and row[0] is word else []
    return any(re.match(r"date\b", w.text, re.IGNORECASE) for w in following)


def _signature_at(image: Image.Image, label: Word, words: Sequence[Word], height: float) -> tuple[bool, bool]:
    """Look right of, below and above one label; return (ink that is no print, print)."""
    x0, y0, x1, y1 = label.box
    reach = round(image.width * 0.42)
    stop = image.width
    for word in words:
        on_row = word.box[1] < y1 + height and word.box[3] > y0 - height
        if on_row and word.box[0] > x1 + height and _NEXT_LABEL.match(word.text):
            stop = min(stop, word.box[0])
    h = round(height)
    zones: tuple[Box, ...] = (
        (x1 + h // 3, y0 - round(1.1 * h), min(x1 + reach, stop - 2), y1 + round(0.5 * h)),
        (max(0, x0 - 4 * h), y1 + h // 3, min(x0 + reach, image.width), y1 + round(2.6 * h)),
        (max(0, x0 - 8 * h), y0 - round(2.6 * h), min(x0 + reach, image.width), y0 - h // 4),
    )
    printed = False
    for zone in zones:
        ink, has_print = _ink_in(image, zone, words, height)
        if ink:
            return True, False
        printed = printed or (has_print and zone is zones[0])
    return False, printed


def _ink_before(image: Image.Image, label: Word, words: Sequence[Word], height: float) -> bool:
    """Look for a signature left of `Date signed`: its own label may be an X, or none."""
    x0, y0, _, y1 = label.box
    edge = x0 - round(4 * height)
    zone = (max(0, edge - round(image.width * 0.42)), y0 - round(1.1 * height), edge, y1 + round(0.5 * height))
    return _ink_in(image, zone, words, height)[0]


def _ink_in(
    image: Image.Image, zone: Box, words: Sequence[Word], height: float, *, wide: float = 2.5
) -> tuple[bool, bool]:
    x0, y0, x1, y1 = max(0, zone[0]), max(0, zone[1]), min(image.width, zone[2]), min(image.height, zone[3])
    if x1 - x0 < 2 * height or y1 - y0 < height:
        return False, False
    ink = image.crop((x0, y0, x1, y1)).point(lambda v: 255 if v < DARK else 0)
    printed = False
    for word in words:
        if _is_print(word, height) and word.box[0] < x1 and word.box[2] > x0 and word.box[1] < y1 and word.box[3] > y0:
            pad = 3
            place = (word.box[0] - x0 - pad, word.box[1] - y0 - pad, word.box[2] - x0 + pad, word.box[3] - y0 + pad)
            ink.paste(0, (max(0, place[0]), max(0, place[1]), place[2], place[3]))
            printed = printed or (word.confidence > 0.6 and sum(c.isalpha() for c in word.text) > 2)
    _drop_rules(ink)
    ink = ink.filter(ImageFilter.MedianFilter(3))
    box = ink.getbbox()
    if box is None:
        return False, printed
    dark = ink.histogram()[255]
    across, high = _spread(ink)
    return across >= wide * height and high >= 0.8 * height and dark >= wide * height * 2, printed


def _is_print(word: Word, height: float) -> bool:
    """Say whether this is a printed word, not a scribble that the engine took for one."""
    tall = word.box[3] - word.box[1] > 1.7 * height
    if tall and word.confidence < 0.9:
        return False
    return word.confidence >= 0.5 and sum(c.isalnum() for c in word.text) >= max(1, 0.6 * len(word.text))


def _drop_rules(ink: Image.Image) -> None:
    """Whiten ruled lines: rows and columns that are mostly ink."""
    rows = ink.resize((1, ink.height), Image.Resampling.BOX).tobytes()
    for y, mean in enumerate(rows):
        if mean > 110:
            ink.paste(0, (0, max(0, y - 1), ink.width, y + 2))
    columns = ink.resize((ink.width, 1), Image.Resampling.BOX).tobytes()
    for x, mean in enumerate(columns):
        if mean > 165:
            ink.paste(0, (max(0, x - 1), 0, x + 2, ink.height))


def _spread(ink: Image.Image) -> tuple[int, int]:
    """Return how many columns and rows hold ink: specks far apart do not make a signature."""
    columns = ink.resize((ink.width, 1), Image.Resampling.BOX).tobytes()
    rows = ink.resize((1, ink.height), Image.Resampling.BOX).tobytes()
    return sum(1 for v in columns if v >= 3), sum(1 for v in rows if v >= 3)


def _checkboxes(image: Image.Image, words: Sequence[Word], height: float) -> dict[str, bool]:
    found: dict[str, bool] = {}
    named: list[tuple[Word, _Frame]] = []
    for row in _rows_of([w for w in words if any(c.isalpha() for c in w.text)], height):
        before = [(word, box) for word in row if (box := _box_beside(image, word, height, left=True))]
        after = [(word, box) for word in row if (box := _box_beside(image, word, height, left=False))]
        if after and _stand_after(row, [box for _, box in (*before, *after)], height):
            edge = 0
            for word, box in after:
                mine = [w for w in row if edge <= w.box[0] <= word.box[0]]
                found[f"checkbox:{_name(mine[-4:])}"] = box.filled
                edge = box.right
        else:
            named += [(word, box) for word, box in before]
    labels = [_label(word, words, height) for word, _ in named]
    for (word, box), label in zip(named, labels, strict=True):
        longer = labels.count(label) > 1
        found[f"checkbox:{_label(word, words, height, most=LONGER) if longer else label}"] = box.filled
    return found


def _rows_of(words: Sequence[Word], height: float) -> list[list[Word]]:
    rows: list[list[Word]] = []
    middle = -height
    for word in sorted(words, key=lambda w: w.box[1] + w.box[3]):
        here = (word.box[1] + word.box[3]) / 2
        if here - middle > 0.6 * height:
            rows.append([])
            middle = here
        rows[-1].append(word)
    return [sorted(row, key=lambda w: w.box[0]) for row in rows]


def _stand_after(row: Sequence[Word], boxes: Sequence[_Frame], height: float) -> bool:
    """Say whether a row's boxes follow their labels: none stands before the first word, no word after the last box."""
    first, last = min(b.left for b in boxes), max(b.right for b in boxes)
    return first > row[0].box[2] - height and not any(last - height / 2 < w.box[0] < last + 3 * height for w in row)


LONGER = 8
"""So many words name a box whose first four begin another one's as well."""


def _label(word: Word, words: Sequence[Word], height: float, *, most: int = 4) -> str:
    middle = (word.box[1] + word.box[3]) / 2
    row = sorted(
        (w for w in words if w.box[0] >= word.box[0] and abs((w.box[1] + w.box[3]) / 2 - middle) < 0.6 * height),
        key=lambda w: w.box[0],
    )
    parts: list[Word] = []
    edge = word.box[0]
    for other in row[:most]:
        if other.box[0] - edge > height and parts:
            break
        parts.append(other)
        edge = other.box[2]
    return _name(parts)


def _name(words: Sequence[Word]) -> str:
    return re.sub(r"[^a-z0-9 /-]", "", " ".join(w.text for w in words).lower()).strip()


@dataclass(frozen=True, slots=True)
class _Frame:
    """A checkbox: its sides in pixels of the page, and whether it is filled."""

    left: int
    right: int
    filled: bool


def _box_beside(image: Image.Image, word: Word, height: float, *, left: bool) -> _Frame | None:
    """Return the box before a word (or taken into its first letters), or the one after it."""
    h = round(height)
    edges = (word.box[0] - round(2.4 * h), word.box[0] + round(1.3 * h))
    if not left:
        edges = (word.box[2] - round(1.3 * h), word.box[2] + round(2.4 * h))
    x0, x1 = max(0, edges[0]), min(image.width, edges[1])
    y0, y1 = max(0, word.box[1] - h // 2), min(image.height, word.box[3] + h // 2)
    if x1 - x0 < h or y1 - y0 < h:
        return None
    crop = image.crop((x0, y0, x1, y1))
    dark = [row.translate(_INK) for row in _rows(crop)]
    least = 0.6 * h
    columns = [x for x, column in enumerate(zip(*dark, strict=True)) if _run(bytes(column)) >= least]
    rows = [y for y, row in enumerate(dark) if _run(row) >= least]
    for start in columns if rows else ():
        for end in reversed(columns):
            if not 0.6 * h <= end - start <= 1.7 * h:
                continue
            frame = _frame(dark, rows, start, end)
            if frame is not None:
                return _Frame(x0 + start, x0 + end, _filled(dark, start, end, *frame))
    return None


def _frame(dark: Sequence[bytes], rows: Sequence[int], left: int, right: int) -> tuple[int, int] | None:
    """Return top and bottom of a closed square frame between two columns."""
    wide = right - left
    level = [y for y in rows if sum(dark[y][left : right + 1]) >= 0.85 * (wide + 1)]
    for top in level:
        for bottom in reversed(level):
            high = bottom - top
            if not 0.7 * wide <= high <= 1.4 * wide:
                continue
            sides = (sum(_near(dark, y, x) for y in range(top, bottom + 1)) for x in (left, right))
            if all(side >= 0.85 * (high + 1) for side in sides):
                return top, bottom
    return None


def _near(dark: Sequence[bytes], y: int, x: int) -> bool:
    return any(dark[y][max(0, x - 1) : x + 2])


def _filled(dark: Sequence[bytes], left: int, right: int, top: int, bottom: int) -> bool:
    """Say whether there is ink well inside the frame."""
    edge = max(3, (right - left) // 5)
    inner = [dark[y][x] for y in range(top + edge, bottom - edge + 1) for x in range(left + edge, right - edge + 1)]
    return sum(inner) >= 0.15 * len(inner) if inner else False


def _rows(crop: Image.Image) -> list[bytes]:
    data = crop.tobytes()
    return [data[start : start + crop.width] for start in range(0, len(data), crop.width)]


def _run(line: bytes) -> int:
    """Return the length of the longest run of ink."""
    return max(map(len, line.split(b"\0")))

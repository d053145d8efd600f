"""Two engines' words for one page made one: what both read is surest, what they read differently is least sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import normalize

from rapidfuzz.distance import Levenshtein

from schemas.reading import Word

ALONE, DIFFERENT = 0.9, 0.6
"""What a word's confidence is worth that only one engine reads, and that they read differently."""
KEPT_ALONE = 0.5
WIDE = 0.8
"""A gap of so many text heights parts even the digits of a number."""
_OVERLAP_DOWN, _OVERLAP_ACROSS = 0.4, 0.3


@dataclass(slots=True)
class _Place:
    """Words of either engine that stand in one place of the page, because each engine cuts words elsewhere."""

    first: list[Word] = field(default_factory=list)
    second: list[Word] = field(default_factory=list)


def merge(first: Sequence[Word], second: Sequence[Word]) -> list[Word]:
    """Return the first engine's words with what the second says of each, and the second's where the first is mute."""
    merged: list[Word] = []
    for place in _places(first, second):
        if not place.second:
            merged += (word.model_copy(update={"confidence": _round(ALONE * word.confidence)}) for word in place.first)
        elif not place.first:
            merged += (_alone(word) for word in place.second if _worth_keeping(word))
        else:
            merged += _compare(place)
    return merged


def plain(text: str) -> str:
    """Return the letters and digits, small and without accents: what two readings must share to agree."""
    return "".join(c for c in normalize("NFKD", text).casefold() if c.isalnum())


def _places(first: Sequence[Word], second: Sequence[Word]) -> Iterator[_Place]:
    """Group words that overlap, over any chain of overlaps."""
    owner: dict[int, _Place] = {}
    places = [_Place(first=[word]) for word in first]
    owner.update(enumerate(places))
    ordered = sorted(range(len(first)), key=lambda n: first[n].box[1])
    loose: list[_Place] = []
    for word in second:
        touched = _touched(word, first, ordered)
        if not touched:
            loose.append(_Place(second=[word]))
            continue
        kept = owner[touched[0]]
        for other in touched[1:]:
            if owner[other] is not kept:
                gone = owner[other]
                kept.first += gone.first
                kept.second += gone.second
                owner.update({n: kept for n, place in owner.items() if place is gone})
        kept.second.append(word)
    seen: set[int] = set()
    for place in (*owner.values(), *loose):
        if id(place) not in seen:
            seen.add(id(place))
            yield place


def _touched(word: Word, others: Sequence[Word], ordered: Sequence[int]) -> list[int]:
    found = []
    for n in ordered:
        box = others[n].box
        if box[1] > word.box[3]:
            break
        down = min(box[3], word.box[3]) - max(box[1], word.box[1])
        across = min(box[2], word.box[2]) - max(box[0], word.box[0])
        if down > _OVERLAP_DOWN * min(box[3] - box[1], word.box[3] - word.box[1]) and (
            across > _OVERLAP_ACROSS * min(box[2] - box[0], word.box[2] - word.box[0])
        ):
            found.append(n)
    return found


def _compare(place: _Place) -> Iterator[Word]:
    """Give each word of the first engine its piece of the second engine's text."""
    words = sorted(place.first, key=lambda w: w.box[0])
    others = sorted(place.second, key=lambda w: w.box[0])
    text, said = "".join(w.text for w in words), "".join(w.text for w in others)
    where = _alignment(text, said)
    gaps: dict[int, bool] = {}
    at = 0
    for other, after in pairwise(others):
        at += len(other.text)
        gaps[at] = after.box[0] - other.box[2] > WIDE * (other.box[3] - other.box[1])
    start = 0
    for word in words:
        end = start + len(word.text)
        piece = said[where[start] : where[end]]
        sure = min((o.confidence for o in _inside(others, where[start], where[end])), default=0.0)
        yield from _cut(judged(word, piece, sure), {g - where[start]: wide for g, wide in gaps.items()})
        start = end


def _alignment(text: str, said: str) -> list[int]:
    """Return for each place in `text` (its end included) the like place in `said`."""
    where = [0] * (len(text) + 1)
    for op in Levenshtein.opcodes(text, said):
        for step in range(op.src_end - op.src_start):
            where[op.src_start + step] = op.dest_start + (step if op.tag != "delete" else 0)
        where[op.src_end] = op.dest_end
    where[0], where[len(text)] = 0, len(said)
    return where


def _inside(words: Sequence[Word], start: int, end: int) -> Iterator[Word]:
    at = 0
    for word in words:
        if at < end and at + len(word.text) > start:
            yield word
        at += len(word.text)


def judged(word: Word, piece: str, sure: float) -> Word:
    """Return a word with what another reading says of it, and how sure it is then."""
    if not piece:
        return word.model_copy(update={"confidence": _round(ALONE * word.confidence)})
    agrees = plain(word.text) == plain(piece) if plain(word.text) else word.text == piece
    confidence = 1 - (1 - word.confidence) * (1 - sure) if agrees else DIFFERENT * word.confidence
    accented = agrees and piece.isascii() and not word.text.isascii()
    text = piece if accented else word.text
    return word.model_copy(update={"text": text, "second": piece, "agrees": agrees, "confidence": _round(confidence)})


def _cut(word: Word, gaps: dict[int, bool]) -> Iterator[Word]:
    """Cut a word of joined words (PatientName, Start.Date) where the second engine saw a gap; numbers at wide gaps."""
    text, start = word.text, 0
    if word.agrees:
        where = _alignment(text, word.second or "")
        for at in range(1, len(text)):
            wide = gaps.get(where[at])
            if wide is None or not text[at].isalnum():
                continue
            if wide or ((text[at - 1].isalpha() or text[at - 1] in ".,:;)") and text[at].isalpha()):
                yield _slice(word, start, at)
                start = at
    yield _slice(word, start, len(text)) if start else word


def _slice(word: Word, start: int, end: int) -> Word:
    x0, y0, x1, y1 = word.box
    unit = (x1 - x0) / len(word.text)
    box = (round(x0 + start * unit), y0, max(round(x0 + start * unit) + 1, round(x0 + end * unit)), y1)
    where = _alignment(word.text, word.second or "")
    piece = (word.second or "")[where[start] : where[end]]
    return word.model_copy(update={"text": word.text[start:end], "second": piece, "box": box})


def _alone(word: Word) -> Word:
    return word.model_copy(update={"second": word.text, "confidence": _round(DIFFERENT * word.confidence)})


def _worth_keeping(word: Word) -> bool:
    return word.confidence >= KEPT_ALONE and 2 * len(plain(word.text)) > len(word.text)


def _round(confidence: float) -> float:
    return round(min(1.0, max(0.0, confidence)), 4)

"""Rows of boxes with one character in each, put together to the words that were written into them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from schemas.reading import Word

Numbered = tuple[int, Word]
_NARROW = "-/.,'1Il"
FEWEST = 4
"""Fewer single characters in a row are words by themselves (`A & B`)."""
APART = 0.3
"""Neighbours in boxes stand so much of a character's height apart, at least."""
SLACK = 0.3
MOST_BLANK = 4
MARKS = "-/.,&'#"
"""Punctuation that may have a box of its own."""


def joined(rows: Sequence[Sequence[Numbered]]) -> list[list[Numbered]]:
    """Return a page's rows (words from left to right) with each run of evenly spaced single characters as words.

    Where a page has such rows, two characters at the same pitch are one as well.
    """
    pitches = [_pitch(run) for row in rows for run in _runs(row) if len(run) >= FEWEST]
    return [_row(row, pitches) for row in rows]


def _row(row: Sequence[Numbered], pitches: Sequence[float]) -> list[Numbered]:
    made: list[Numbered] = []
    for run in _runs(row):
        whole = len(run) >= FEWEST or (
            len(run) > 1 and any(abs(_pitch(run) - pitch) <= SLACK * pitch for pitch in pitches)
        )
        made += _words(run) if whole else run
    return made


def _runs(row: Sequence[Numbered]) -> list[list[Numbered]]:
    """Return the row in parts: runs of single characters at one pitch, every other word by itself."""
    runs: list[list[Numbered]] = []
    for item in row:
        open_run = bool(runs) and _single(runs[-1][-1][1]) and _single(item[1])
        if open_run and _follows(runs[-1], item[1]):
            runs[-1].append(item)
        else:
            runs.append([item])
    return runs


def _single(word: Word) -> bool:
    return len(word.text) == 1 and (word.text.isalnum() or word.text in MARKS)


def _middle(word: Word) -> float:
    return (word.box[0] + word.box[2]) / 2


def _follows(run: Sequence[Numbered], word: Word) -> bool:
    """Say whether a character stands at the pitch of the run before it, or a few blank boxes further."""
    last = run[-1][1]
    step = _middle(word) - _middle(last)
    high = max(last.box[3] - last.box[1], word.box[3] - word.box[1], 1)
    if word.box[0] - last.box[2] < APART * high and not (last.text in _NARROW or word.text in _NARROW):
        return False
    if len(run) < 2:
        return step < 3.5 * high
    pitch = _pitch(run)
    boxes = round(step / pitch) if pitch else 0
    return 1 <= boxes <= MOST_BLANK and abs(step - boxes * pitch) <= SLACK * pitch * min(boxes, 2)


def _pitch(run: Sequence[Numbered]) -> float:
    steps = [_middle(b[1]) - _middle(a[1]) for a, b in pairwise(run)]
    return float(median(steps))


def _words(run: Sequence[Numbered]) -> list[Numbered]:
    pitch = _pitch(run)
    made: list[list[Numbered]] = [[run[0]]]
    for before, item in pairwise(run):
        if _middle(item[1]) - _middle(before[1]) > 1.5 * pitch:
            made.append([])
        made[-1].append(item)
    starts = [letters[0][1].box[0] for letters in made[1:]]
    return [_word(letters, upto) for letters, upto in zip(made, [*starts, None], strict=True)]


def _word(letters: Sequence[Numbered], upto: int | None) -> Numbered:
    """Return one word; it reaches up to the next one of the same row of boxes, so that both stay in one cell."""
    words = [word for _, word in letters]
    right = max(w.box[2] for w in words) if upto is None else upto - 1
    box = (min(w.box[0] for w in words), min(w.box[1] for w in words), right, max(w.box[3] for w in words))
    text = "".join(w.text for w in words)
    confidence = min(w.confidence for w in words)
    return letters[0][0], words[0].model_copy(update={"text": text, "box": box, "confidence": confidence})

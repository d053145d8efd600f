"""Two readings of one page: what both say, what only one says, and words cut in different places."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from doorstep.ocr.agree import merge, plain
from schemas.reading import Word


def word(text: str, x: int, y: int = 100, *, sure: float = 0.9, width: int | None = None) -> Word:
    return Word(text=text, box=(x, y, x + (width or 12 * len(text)), y + 24), confidence=sure, line=1)


def test_what_both_read_is_surer_than_either() -> None:
    (merged,) = merge([word("G47.33", 100)], [word("G47.33", 102)])
    assert (merged.second, merged.agrees) == ("G47.33", True)
    assert merged.confidence > 0.9


def test_what_they_read_differently_is_less_sure_and_keeps_both() -> None:
    (merged,) = merge([word("1327494054", 100)], [word("1321494054", 98)])
    assert (merged.text, merged.second, merged.agrees) == ("1327494054", "1321494054", False)
    assert merged.confidence < 0.6


def test_lost_dots_and_hyphens_are_no_disagreement() -> None:
    (merged,) = merge([word("J44.9", 100)], [word("J449", 100)])
    assert (merged.text, merged.second, merged.agrees) == ("J44.9", "J449", True)


def test_a_word_that_the_second_cuts_in_two_is_compared_whole() -> None:
    (merged,) = merge([word("216-555-0145", 100)], [word("216-555", 100), word("-0145", 186)])
    assert (merged.text, merged.agrees) == ("216-555-0145", True)


def test_words_that_the_first_joins_are_cut_where_the_second_sees_a_gap() -> None:
    first = [word("Start.Date:", 100, width=150), word("11/12/2026", 280)]
    second = [word("Start", 100, width=60), word("Date:", 180, width=70), word("11/12/2026", 280)]
    merged = sorted(merge(first, second), key=lambda w: w.box[0])
    assert [w.text.strip(".") for w in merged] == ["Start", "Date:", "11/12/2026"]
    assert all(w.agrees for w in merged)
    assert merged[0].box[2] <= merged[1].box[0] + 1


def test_each_of_several_joined_words_gets_its_own_piece() -> None:
    merged = merge([word("Oak", 100), word("St,", 150)], [word("OakSl,", 100, width=90)])
    assert [(w.text, w.second, w.agrees) for w in merged] == [("Oak", "Oak", True), ("St,", "Sl,", False)]


def test_words_of_one_engine_stay_and_say_so() -> None:
    merged = merge([word("left", 100)], [word("right", 600), word("~'.", 900), word("faint", 700, sure=0.2)])
    assert [(w.text, w.second, w.agrees) for w in merged] == [("left", None, None), ("right", "right", None)]
    assert all(w.confidence < 0.9 for w in merged)


def test_an_accent_that_only_the_first_sees_is_dirt() -> None:
    (merged,) = merge([word("Médicare", 100)], [word("Medicare", 100)])
    assert (merged.text, merged.agrees) == ("Medicare", True)
    (kept,) = merge([word("José", 100)], [word("José", 100)])
    assert kept.text == "José"


def test_other_lines_do_not_mix() -> None:
    merged = merge([word("above", 100, 100), word("below", 100, 130)], [word("above", 100, 102)])
    assert {w.text: w.agrees for w in merged} == {"above": True, "below": None}


words = st.lists(
    st.builds(word, st.text("aB1.-é", min_size=1, max_size=5), st.integers(0, 300), st.integers(0, 120)), max_size=8
)


@given(words, words)
def test_no_letter_of_the_first_is_lost_and_none_is_made_up(first: list[Word], second: list[Word]) -> None:
    merged = merge(first, second)
    kept = sorted(plain("".join(w.text for w in merged if not (w.agrees is None and w.second is not None))))
    assert kept == sorted(plain("".join(w.text for w in first)))
    assert all(w.box[0] < w.box[2] for w in merged)

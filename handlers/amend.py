"""What a change says of the lines of an order: in HL7 v2 each line is an order of its own, and the others stay."""

from __future__ import annotations

from handlers.identity import codes_of
from schemas.order import Order, OrderLine


def amended(known: Order, news: Order) -> Order:
    """Return the change with the lines that it does not speak of, each in its place.

    ORC-2 numbers one order (HL7 v2, 4.5.1.2): XO, RP on one of two numbers says nothing of the other one. A change
    whose lines have no numbers, or none that the known order has, speaks of the whole. An input in FHIR holds it whole.
    """
    named = {line.placer_number for line in news.lines}
    numbers = {line.placer_number for line in known.lines}
    others = numbers - named - {None}
    if news.channel != "hl7v2" or None in named or not named & numbers or not others:
        return news
    lines: list[OrderLine] = []
    placed: set[str | None] = set()
    for line in known.lines:
        if line.placer_number in others:
            lines.append(line)
        elif line.placer_number not in placed:
            placed.add(line.placer_number)
            lines += [new for new in news.lines if new.placer_number == line.placer_number]
    lines += [new for new in news.lines if new.placer_number not in placed]
    return news.model_copy(update={"lines": tuple(lines), "placer_number": known.placer_number or news.placer_number})


def without(known: Order, news: Order) -> Order | None:
    """Return the order without the lines that a cancellation names; None where it does not name some of them for sure.

    DC, CA on one of two numbers withdraws that one (HL7 v2, 4.5.1.2). Its items, where it repeats them, must be those
    that the number stands for.
    """
    named = {line.placer_number for line in news.lines}
    if news.channel != "hl7v2" or not named or None in named:
        return None
    kept = tuple(line for line in known.lines if line.placer_number not in named)
    gone = {(line.placer_number, line.code) for line in known.lines if line.placer_number in named}
    meant = {(line.placer_number, line.code) for line in news.lines if line.code}
    if not kept or named != {number for number, _ in gone} or not meant <= gone:
        return None
    return known.model_copy(update={"lines": kept})


def is_all_of(known: Order, news: Order) -> bool:
    """Say whether a cancellation means the whole order: no number and no item of it is left that it does not name."""
    named = {line.placer_number for line in news.lines}
    numbers = {line.placer_number for line in known.lines} - {None}
    if news.channel == "hl7v2" and named and None not in named and not numbers <= named:
        return False
    return codes_of(news) in ([], codes_of(known))


def about(known: Order, news: Order) -> Order:
    """Return the part of a cancellation that names this order: in HL7 v2 one message may name orders of several."""
    numbers = {line.placer_number for line in known.lines} - {None}
    mine = tuple(line for line in news.lines if line.placer_number in numbers)
    return news.model_copy(update={"lines": mine}) if news.channel == "hl7v2" and mine else news

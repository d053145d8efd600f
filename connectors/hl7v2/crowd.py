"""Who is connected, and who goes when there are too many: constant time for each newcomer, however many knock."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import Generic, Protocol, TypeVar

LOOK = 64
"""How many of the silent ones are looked at for one newcomer."""


class Guest(Protocol):
    """What is asked of a connection."""

    address: str
    served: int

    @property
    def busy(self) -> bool: ...


G = TypeVar("G", bound=Guest)


class _Line(Generic[G]):
    """Guests by when they last sent something, those that never sent a whole message apart."""

    def __init__(self) -> None:
        self._fresh: OrderedDict[G, None] = OrderedDict()
        self._known: OrderedDict[G, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._fresh) + len(self._known)

    def last(self, guest: G) -> None:
        """Put a guest at the end."""
        if guest.served:
            self._fresh.pop(guest, None)
            self._known[guest] = None
            self._known.move_to_end(guest)
        else:
            self._fresh[guest] = None
            self._fresh.move_to_end(guest)

    def drop(self, guest: G) -> None:
        self._fresh.pop(guest, None)
        self._known.pop(guest, None)

    def idlest(self) -> G | None:
        """Return who has been idle longest; one that never sent a message goes before one that did.

        None when those that were silent longest are all waiting for answers.
        """
        lines = (islice(line, LOOK) for line in (self._fresh, self._known))
        return next((guest for line in lines for guest in line if not guest.busy), None)


class Crowd(Generic[G]):
    """All guests, and those of each address."""

    def __init__(self, most: int, most_of_address: int) -> None:
        self._most, self._most_of_address = most, most_of_address
        self._all: _Line[G] = _Line()
        self._of: dict[str, _Line[G]] = {}

    def enter(self, guest: G) -> G | None:
        """Take a newcomer in and return who has to go for it, if anybody: itself, when all others are busy."""
        line = self._of.setdefault(guest.address, _Line())
        crowded = None
        if len(line) >= self._most_of_address:
            crowded = line
        elif len(self._all) >= self._most:
            crowded = self._all
        victim = crowded.idlest() or guest if crowded is not None else None
        line.last(guest)
        self._all.last(guest)
        return victim

    def heard(self, guest: G) -> None:
        """A guest sent something."""
        line = self._of.get(guest.address)
        if line is not None:
            line.last(guest)
            self._all.last(guest)

    def leave(self, guest: G) -> None:
        """A guest goes or is sent away: from now on it counts no more."""
        self._all.drop(guest)
        line = self._of.get(guest.address)
        if line is not None:
            line.drop(guest)
            if not len(line):
                del self._of[guest.address]

"""Decisions: one small module per step; a handler takes one event and a unit of work and returns what follows.

No sockets, no sleeping, no clock but the unit's. A module says in its `@on(...)` line which topic it
listens to; `doorstep routes` prints them all.
"""

"""The words of Doorstep: events, the canonical order and the case as pydantic models, and pure codecs.

This room imports nothing of ours and does no I/O.
"""

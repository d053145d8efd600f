"""A year of synthetic orders through the real journal and handlers, on a clock of its own: `doorstep bench year`."""

from bench.year.run import Outcome, print_outcome, run

__all__ = ["Outcome", "print_outcome", "run"]

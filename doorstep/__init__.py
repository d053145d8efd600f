"""Doorstep: the hub for post-acute orders. This module is the single door: import it before the rooms.

In a checkout the rooms (`connectors`, `handlers`, `schemas`) stand beside this package; in an
installation they are tucked inside it, so that site-packages gains one name only.
"""

from __future__ import annotations

import sys
from pathlib import Path

__version__ = "0.1.0"

_rooms = Path(__file__).parent / "_rooms"
if _rooms.is_dir() and str(_rooms) not in sys.path:
    sys.path.insert(0, str(_rooms))

"""From bytes to words with boxes: decoding with limits, page preparation, OCR engines, marks that pixels show.

Everything here is meant to run inside a worker process; `read_document` is the door.
"""

from doorstep.ocr.document import READABLE, images_as_read, read_document, sniff
from doorstep.ocr.engines import Engine, choose_engine, choose_lead
from doorstep.ocr.look import crop_of, digest_of, read_crop

__all__ = [
    "READABLE",
    "Engine",
    "choose_engine",
    "choose_lead",
    "crop_of",
    "digest_of",
    "images_as_read",
    "read_crop",
    "read_document",
    "sniff",
]

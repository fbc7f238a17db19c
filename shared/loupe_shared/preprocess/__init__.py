"""From the bytes of an image file to the pixels that a model sees.

Training, calibration and serving use this one package, so that a model meets in production what it was trained on. The
numbers live in the model's manifest; ``fingerprint`` of the rule, which covers this code's revision too, is in
every result.

    bytes ─► header: format, pixels ─► decode (JPEG at reduced scale) ─► 8-bit RGB ─► crop + resize ─► upright
"""

from loupe_shared.preprocess.decode import decode_into
from loupe_shared.preprocess.rule import Pixels, Preprocessing

__all__ = ["Pixels", "Preprocessing", "decode_into"]

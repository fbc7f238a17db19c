"""Cropping and resizing: convolution with a filter that widens with the reduction, so that nothing aliases.

cykooz-resizer does it with vector instructions in a third of Pillow's time. Where it has no wheel (Linux on ARM),
Pillow does it with the same filters. Pixels differ by rounding, where bicubic overshoots and is clipped between the two
passes, and at the edge of the crop, beyond which only Pillow looks.
"""

import threading

from PIL import Image

from loupe_shared.preprocess.rule import Preprocessing

try:
    import cykooz_resizer as simd
except ImportError:
    simd = None

_of_thread = threading.local()


def crop_and_resize(image: Image.Image, rule: Preprocessing, *, opaque: bool) -> Image.Image:
    """The central square of a picture at the model's size.

    Args:
        image: of mode RGB or RGBA.
        rule: says which square, which size and which filter.
        opaque: no pixel is transparent; otherwise colours are weighted with their opacity.
    """
    if image.size == (rule.size, rule.size) and rule.crop == 1:
        return image
    if simd is None:
        return crop_and_resize_with_pillow(image, rule)
    left, top, edge = rule.kept_box(image.width, image.height)
    # Catmull and Rom's spline is the bicubic filter with a = -1/2, which is Pillow's.
    kernel = simd.FilterType.catmull_rom if rule.resample == "bicubic" else simd.FilterType.bilinear
    options = simd.ResizeOptions(
        resize_alg=simd.ResizeAlg.convolution(kernel),
        crop_box=simd.CropBox(left, top, edge, edge),
        use_alpha=not opaque,
    )
    square = Image.new(image.mode, (rule.size, rule.size))
    _resizer().resize_pil(image, square, options)
    return square


def crop_and_resize_with_pillow(image: Image.Image, rule: Preprocessing) -> Image.Image:
    """The same with Pillow, which finds out itself whether a picture is opaque."""
    left, top, edge = rule.kept_box(image.width, image.height)
    resample = Image.Resampling[rule.resample.upper()]
    return image.resize((rule.size, rule.size), resample, box=(left, top, left + edge, top + edge))


def _resizer() -> "simd.Resizer":
    """This thread's own: it keeps buffers from one picture to the next."""
    if not hasattr(_of_thread, "resizer"):
        _of_thread.resizer = simd.Resizer()
    return _of_thread.resizer

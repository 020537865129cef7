"""Pictures small enough for a page that carries everything in itself."""

import io
import struct

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3
_LARGE = 32_000


def png_size(png: bytes) -> tuple[int, int]:
    """Return width and height in pixels as the header of a PNG says them."""
    if png[:8] != _PNG_SIGNATURE:
        raise ValueError("these bytes are no PNG")
    return struct.unpack(">II", png[16:24])


def to_palette(png: bytes) -> bytes:
    """Return the PNG with a palette of 256 colors, of 64 where it would still be large.

    A chart has few colors: nobody sees the difference, and it takes a third of the bytes. A picture
    that has a palette already, or that a palette makes no smaller, stays as it is. Transparency
    turns white, the color of the card that pages show pictures on.
    """
    png_size(png)
    if png[25] == _PALETTE:
        return png
    from PIL import Image  # only where there is something to shrink

    with Image.open(io.BytesIO(png)) as image:
        rgba = image.convert("RGBA")
    card = Image.new("RGBA", rgba.size, "white")
    flat = Image.alpha_composite(card, rgba).convert("RGB")
    best = png
    for colors in (256, 64):
        small = io.BytesIO()
        flat.quantize(colors, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
        best = min(best, small.getvalue(), key=len)
        if len(best) <= _LARGE:
            break
    return best

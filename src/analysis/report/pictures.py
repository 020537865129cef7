"""Pictures small enough for a page that carries everything in itself."""

import io
import struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE = 3
_NEARLY_WHITE = 252


def png_size(png: bytes) -> tuple[int, int]:
    """Return width and height in pixels as the header of a PNG says them."""
    if png[:8] != _PNG_SIGNATURE:
        raise ValueError("these bytes are no PNG")
    return struct.unpack(">II", png[16:24])


def to_palette(png: bytes) -> bytes:
    """Return the PNG with a palette of 256 colors.

    A chart has few colors: nobody sees the difference, and it takes a third of the bytes. A picture
    that has a palette already, or that a palette makes no smaller, stays as it is. Transparency
    turns white, the color of the card that pages show pictures on.
    """
    png_size(png)
    if png[25] == _PALETTE:
        return png
    from PIL import Image  # only where there is something to shrink

    with Image.open(io.BytesIO(png)) as image:
        card = Image.new("RGBA", image.size, "white")
        flat = Image.alpha_composite(card, image.convert("RGBA")).convert("RGB")
        return min(png, _with_palette(flat), key=len)


def draw(fig: "Figure") -> bytes:
    """Return a figure as a PNG with a palette, twice as dense as its resolution says.

    matplotlib's own way there draws a figure with a layout twice, writes all colors, and would have
    them read again: three times the work for the same pixels.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    dpi, ground = fig.dpi, fig.get_facecolor()
    fig.set_dpi(2 * dpi)
    fig.set_facecolor("white")
    try:
        canvas = FigureCanvasAgg(fig)
        canvas.draw()
        # Drawn on white, nothing of it is transparent.
        return _with_palette(Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB"))
    finally:
        fig.set_dpi(dpi)
        fig.set_facecolor(ground)


def _with_palette(flat: "Image") -> bytes:
    from PIL import Image

    # An octree is six times as fast as the median cut, and no color is far off: up to 15 of 255
    # in the shades at the edges of letters, where a cut to few colors errs by 60.
    small = flat.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    # It mixes white with the shades next to it: the ground of a chart is to be the card's white.
    shades = np.array(small.getpalette("RGB"), dtype=np.uint8).reshape(-1, 3)
    shades[shades.min(axis=1) >= _NEARLY_WHITE] = 255
    small.putpalette(shades.tobytes())
    buffer = io.BytesIO()
    # The highest level takes three times as long, for 7% fewer bytes.
    small.save(buffer, "PNG", compress_level=7)
    return buffer.getvalue()

"""What a chart or a table brings along to be shown, for readers who cannot see it."""

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Chart(NamedTuple):
    """A figure with what it shows in words.

    Attributes:
        fig: The figure; its title says what it shows, its axes carry units.
        alt: What a reader would see, for those who cannot.
        caption: How to read it, in a line under the figure.
    """

    fig: "Figure"
    alt: str
    caption: str


class Table(NamedTuple):
    """A frame with what it shows in words.

    Attributes:
        frame: Rows for a reader, at most 60; the first column names them, the header has units.
        caption: What the table shows.
    """

    frame: "DataFrame"
    caption: str

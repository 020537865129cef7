"""What several charts of products draw alike."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd


def dots(ax: plt.Axes, place: np.ndarray, rows: pd.DataFrame, column: str, color: str) -> None:
    """Draw a column of rows as dots, with bars from `low` to `high`."""
    middle = rows[column].to_numpy(float)
    reach = np.maximum([middle - rows["low"], rows["high"] - middle], 0)
    ax.errorbar(middle, place, xerr=reach, fmt="o", color=color, elinewidth=1.6, capsize=0)

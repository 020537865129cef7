import numpy as np
import pandas as pd

from analysis.ltv.activity import STANDINGS, alive_map, standing, standing_label


def test_groups_by_hand() -> None:
    scored = pd.DataFrame(
        {
            "frequency": [0, 3, 3, 3, 3, 3],
            "alive_probability": [1.0, 1.0, 2 / 3, 0.5, 1 / 3, 0.33],
        }
    )
    assert list(standing(scored)) == [
        "bought_once",
        "likely",
        "likely",
        "in_doubt",
        "in_doubt",
        "likely_gone",
    ]


def test_every_group_has_a_name() -> None:
    labels = [standing_label(name) for name in (*STANDINGS, "total")]
    assert len(set(labels)) == len(labels)


def test_map_by_hand() -> None:
    scored = pd.DataFrame(
        {
            "frequency": [1] * 10 + [1] * 9 + [12] * 10 + [0] * 50,
            "silent_days": [0] * 10 + [15] * 9 + [400] * 10 + [5] * 50,
            "alive_probability": [0.8] * 5 + [0.6] * 5 + [0.5] * 9 + [0.1] * 10 + [1.0] * 50,
        }
    )
    chances = alive_map(scored)
    assert list(chances.index) == ["2", "10–17"]
    assert list(chances.columns) == [
        "0–14",
        "15–30",
        "31–60",
        "61–90",
        "91–180",
        "181–365",
        "366+",
    ]
    assert np.isclose(chances.loc["2", "0–14"], 0.7)
    assert np.isclose(chances.loc["10–17", "366+"], 0.1)
    assert chances.notna().sum().sum() == 2, "nine customers are too few to show"

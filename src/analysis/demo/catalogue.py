"""What does the demo shop sell? Products with categories, list prices, costs and upgrades."""

from typing import NamedTuple

import numpy as np


class Product(NamedTuple):
    """A product.

    Attributes:
        product_id: Its ID.
        name: Its name.
        category: Its category.
        price_minor: List price in yen; what is paid varies with size, color and season.
        popularity: Weight among the products of its kind.
        upgrade_product_id: The higher grade of it, if there is one.
        subscribed: Whether it is sold by subscription, else one by one.
    """

    product_id: str
    name: str
    category: str
    price_minor: int
    popularity: float
    upgrade_product_id: str | None = None
    subscribed: bool = False


PRODUCTS = (
    Product("P001", "Cotton T-shirt", "T-shirts", 2_900, 2.0),
    Product("P002", "Ankle boots", "Boots", 6_900, 1.0),
    Product("P003", "Face wash", "Skin care", 1_800, 2.0),
    Product("P004", "Backpack 20 L", "Bags", 4_900, 1.5, "P005"),
    Product("P005", "Backpack 30 L, leather", "Bags", 7_900, 0.7),
    Product("P006", "Linen shirt", "Shirts", 4_500, 1.5),
    Product("P007", "Oxford shirt", "Shirts", 3_900, 1.5),
    Product("P008", "Chino trousers", "Trousers", 4_900, 1.4),
    Product("P009", "Denim trousers", "Trousers", 5_900, 1.4),
    Product("P010", "Wool sweater", "Knitwear", 5_400, 1.2),
    Product("P011", "Cardigan", "Knitwear", 4_800, 1.0),
    Product("P012", "Socks, three pairs", "Accessories", 1_200, 1.8),
    Product("P013", "Leather belt", "Accessories", 3_200, 0.9),
    Product("P014", "Cap", "Accessories", 2_400, 1.0),
    Product("P015", "Canvas sneakers", "Sneakers", 4_200, 1.4),
    Product("P016", "Running sneakers", "Sneakers", 6_400, 1.1),
    Product("P017", "Rain coat", "Coats", 7_400, 0.7),
    Product("P018", "Down vest", "Coats", 6_200, 0.8),
    Product("P019", "Hand cream", "Skin care", 1_400, 1.3),
    Product("P020", "Bath salt", "Home", 1_600, 1.2),
    Product("P021", "Linen towel", "Home", 2_100, 1.1),
    Product("P022", "Scented candle", "Home", 2_600, 1.0),
    Product("P023", "Mug", "Home", 1_500, 1.0),
    Product("P024", "Tote bag", "Bags", 2_300, 1.2),
    Product("S001", "Green juice, 30 sachets", "Health food", 3_980, 0.5, "S002", True),
    Product("S002", "Green juice premium, 30 sachets", "Health food", 5_980, 0.2, None, True),
    Product("S003", "Collagen drink", "Health food", 4_800, 0.3, None, True),
)

IDS = tuple(product.product_id for product in PRODUCTS)
PRICES = np.array([product.price_minor for product in PRODUCTS], dtype=np.int64)
COSTS = PRICES * 35 // 100
ONE_OFF = np.flatnonzero([not product.subscribed for product in PRODUCTS])
SUBSCRIBED = np.flatnonzero([product.subscribed for product in PRODUCTS])


def pick(chance: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Return products, as positions in the catalogue, drawn by popularity.

    Args:
        chance: Uniform draws, one for each product wanted.
        among: Positions of the products to choose from.
    """
    weights = np.array([PRODUCTS[position].popularity for position in among])
    return among[pick_by_weight(chance, weights)]


def pick_by_weight(chance: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return positions drawn in proportion to weights.

    Args:
        chance: Uniform draws in [0, 1).
        weights: Not negative; as a table, one row for each draw.
    """
    totals = np.cumsum(weights, axis=-1)
    wanted = chance * totals[..., -1]
    if weights.ndim == 1:
        return np.minimum(np.searchsorted(totals, wanted, side="right"), len(weights) - 1)
    return np.minimum((totals <= wanted[:, None]).sum(axis=1), weights.shape[1] - 1)

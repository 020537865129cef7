"""Over a hundred shops without anything planted, and twenty with: which pairs are found."""

from pathlib import Path

import pytest

from analysis import products
from analysis.demo import Plan, generate_shop
from analysis.products.offers import Offers
from analysis.shop import Shop, open_shop

pytestmark = pytest.mark.slow


def generated(home: Path, *, seed: int, planted: bool) -> tuple[Shop, Offers]:
    text = (home / "shops" / "tiny.yaml").read_text()
    (home / "shops" / "generated.yaml").write_text(text)
    generate_shop("generated", Plan(seed=seed, planted=planted))
    shop = open_shop("generated", as_of="2025-12-31")
    return shop, products.read_offers(shop, again_days=180, min_lift=1.2)


def test_a_hundred_shops_without_truth_are_silent(home: Path) -> None:
    """Measured: none of 100 with a next product, 1 with a pair of one order; no rhythm in 47."""
    next_products, together, rhythms = 0, 0, 0
    for seed in range(1, 101):
        shop, offers = generated(home, seed=seed, planted=False)
        next_products += len(offers.next_pairs.reliable) > 0
        together += len(products.together(shop, min_lift=1.2).reliable) > 0
        rhythms += bool(offers.refills["has_rhythm"].any())
    assert next_products <= 5
    assert together <= 5
    assert rhythms <= 9, "5 of 100 are allowed; 9 would lie 2 standard errors above"


def test_twenty_shops_with_truth_tell_it(home: Path) -> None:
    for seed in range(1, 21):
        _shop, offers = generated(home, seed=seed, planted=True)
        first = offers.next_pairs.reliable.iloc[0]
        assert offers.names[first["product_no"]] == "Cotton T-shirt", seed
        assert offers.names[first["other_product_no"]] == "Ankle boots", seed
        found = set(offers.next_pairs.reliable["product_no"].map(offers.names))
        assert {"Cotton T-shirt", "Backpack 20 L"} <= found, seed
        rhythmic = offers.refills[offers.refills["has_rhythm"]]
        assert "Face wash" in set(rhythmic["product_no"].map(offers.names)), seed

"""Draws of worlds of every kind."""

from tests.ingest.world.japanese import draw_japanese_world
from tests.ingest.world.marketplaces import draw_marketplace_world
from tests.ingest.world.own_world import draw_own_world
from tests.ingest.world.shopify import draw_shopify_world
from tests.ingest.world.woocommerce import draw_woocommerce_world
from tests.ingest.world.world import World

# Half of the worlds are of a shop's own making; the others take turns.
_KINDS = (
    draw_own_world,
    draw_shopify_world,
    draw_own_world,
    draw_woocommerce_world,
    draw_own_world,
    draw_japanese_world,
    draw_own_world,
    draw_marketplace_world,
)


def draw_world(seed: int) -> World:
    """Draw one world."""
    return _KINDS[seed % len(_KINDS)](seed)

"""What the products that a campaign names are called."""

from collections.abc import Sequence

from analysis.campaigns.campaign import Campaign
from analysis.campaigns.rules import products_of
from analysis.products.data import has, names_by_id
from analysis.shop import Shop


def with_product_names(shop: Shop, campaigns: Sequence[Campaign]) -> list[Campaign]:
    """Return campaigns with the names of their products, so that a page need not show IDs.

    As they are where the shop lacks a table of products, or of the numbers that stand for them.
    """
    is_told = has(shop, "products") and has(shop, "product_keys")
    if not is_told or not any(map(_products, campaigns)):
        return list(campaigns)
    names = names_by_id(shop)
    return [
        campaign._replace(
            product_names=tuple(
                (each, names[each]) for each in _products(campaign) if each in names
            )
        )
        for campaign in campaigns
    ]


def _products(campaign: Campaign) -> tuple[str, ...]:
    kpis = (campaign.primary, *campaign.secondary, *(rail.kpi for rail in campaign.guardrails))
    measured = [product for kpi in kpis for product in kpi.product_ids]
    return tuple(dict.fromkeys((*products_of(campaign.segment), *measured)))

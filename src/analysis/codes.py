"""What codes that many shops' data hold are called on a page: sources, offers, regions."""

from analysis.language import N_, _

CODES = (
    *(N_("affiliate"), N_("direct"), N_("organic"), N_("referral"), N_("search"), N_("social_ad")),
    *(N_("first_order_half_price"), N_("standard")),
    *(N_("Aichi"), N_("Chiba"), N_("Fukuoka"), N_("Hokkaido"), N_("Hyogo"), N_("Kanagawa")),
    *(N_("Hiroshima"), N_("Kyoto"), N_("Miyagi"), N_("Nagano"), N_("Niigata"), N_("Okinawa")),
    *(N_("Osaka"), N_("Saitama"), N_("Shizuoka"), N_("Tokyo")),
)


def code_label(code: str) -> str:
    """Return what a code is called; a shop's own words stand for themselves.

    >>> code_label("social_ad"), code_label("Price comparison")
    ('social_ad', 'Price comparison')
    """
    return _(code) if code in CODES else code

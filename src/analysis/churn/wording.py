"""What codes are called on a page, and what to try against a reason."""

from analysis.codes import code_label
from analysis.language import _
from analysis.names import shown_name

# Charts and tables show so many orders; what comes later is a tail of few people.
MOST_ORDERS = 12


def reason_label(code: str) -> str:
    """Return the name of a reason as a reader sees it; a shop's own code is its own name.

    >>> reason_label("surplus"), reason_label("too_sweet")
    ('product left over', 'too sweet')
    """
    names = {
        "surplus": _("product left over"),
        "no_effect": _("no effect felt"),
        "price": _("price"),
        "switch": _("switched to another product"),
        "quality": _("quality"),
        "life_event": _("change in life"),
        "procedure": _("trouble with the procedure"),
        "payment": _("payment failed"),
        "other": _("other reasons"),
        "unknown": _("not known"),
    }
    return names.get(code) or shown_name(code.replace("_", " "))


def reason_advice(code: str, *, order_no: int) -> str:
    """Return what to try against a reason before the order after which it takes subscribers."""
    advice = {
        "surplus": _(
            "Offer a longer interval or a skipped delivery before order {n} is packed, and show "
            "how to use up what is there."
        ),
        "no_effect": _("Tell before order {n} what to expect by when, and how to use it right."),
        "price": _("Offer a smaller size or a longer interval before order {n}, not a discount."),
        "switch": _("Offer a change of product within the shop before order {n}."),
        "quality": _("Ask what is wrong before order {n}, and make it good."),
        "life_event": _("Offer a pause before order {n}."),
        "procedure": _(
            "Make skipping, pausing and changing one click, and say so before order {n}."
        ),
        "payment": _("Ask for a new card before order {n}, and try failed payments again."),
    }
    text = advice.get(code, _("Ask subscribers before order {n} what would make them stay."))
    return text.format(n=order_no)


def cut_label(cut: str) -> str:
    """Return what tells groups apart, as a reader sees it."""
    return {
        "source": _("acquisition source"),
        "product": _("product"),
        "offer": _("offer"),
    }[cut]


def group_label(group: str) -> str:
    """Return a group's key as a reader sees it.

    >>> group_label("first_order_half_price")
    'first order half price'
    """
    return code_label(group).replace("_", " ")

"""Why do subscribers of the demo shop leave, and in which words do they say so?"""

import numpy as np

from analysis.demo.catalogue import pick_by_weight
from analysis.demo.truth import PAYMENT, REASONS, Truth

# The words stay the customers' own, as in a form with a free field; mapping them is the job of
# whoever analyzes. Several wordings stand for one reason.
WORDINGS: dict[str, tuple[str, ...]] = {
    "surplus": (
        "商品が余っている", "余っている", "使い切れない", "まだ残っているので", "飲みきれない",
    ),
    "no_effect": ("効果を感じない", "効果がない", "変化が感じられなかった"),
    "price": ("価格が高い", "高い", "値段が高くて続けられない", "経済的な理由"),
    "switch": ("他社商品に変更", "他の商品に切り替え", "別の商品を試したい"),
    "life_event": ("引っ越しのため", "生活環境の変化", "妊娠・出産のため"),
    "procedure": ("手続きがわかりにくい", "電話がつながらない", "変更方法がわからない"),
    PAYMENT: ("決済失敗",),
    "skip": ("まだ残っている", "旅行で不在", "今月は不要"),
    "pause": ("長期不在", "体調不良", "しばらく休みたい"),
    "payment_failure": ("カード有効期限切れ", "残高不足", "カード会社による拒否"),
}  # fmt: skip
TEXTS = tuple(text for texts in WORDINGS.values() for text in texts)
NO_TEXT = -1
_BASE = np.array([0.0, 0.35, 0.25, 0.15, 0.15, 0.10])
_LATER_FROM = 4


def wording(key: str, chance: np.ndarray) -> np.ndarray:
    """Return positions in `TEXTS` of wordings of a reason, drawn evenly.

    Args:
        key: A key of `WORDINGS`.
        chance: Uniform draws.
    """
    before = 0
    for name, texts in WORDINGS.items():
        if name == key:
            return before + np.floor(chance * len(texts)).astype(np.int64)
        before += len(texts)
    raise KeyError(key)


def other_reasons(
    chance: np.ndarray, *, source: np.ndarray, phone: np.ndarray, order_no: int, truth: Truth
) -> np.ndarray:
    """Return positions in `REASONS` of reasons other than surplus.

    Args:
        chance: Uniform draws.
        source: Each customer's acquisition source.
        phone: Whether each customer orders by phone.
        order_no: The order after which they leave.
        truth: What is planted.
    """
    weights = np.tile(_BASE, (len(chance), 1))
    if order_no >= _LATER_FROM:
        weights *= np.array(truth.reason_later_weights)
    price_weight = np.array([one.price_weight for one in truth.sources])
    weights[:, REASONS.index("price")] *= price_weight[source]
    weights[:, REASONS.index("procedure")] *= np.where(phone, truth.phone_procedure_weight, 1.0)
    return pick_by_weight(chance, weights)


def texts_of(reason: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return positions in `TEXTS` for positions in `REASONS`; -1 stays no text."""
    texts = np.full(len(reason), NO_TEXT)
    for position, name in enumerate(REASONS):
        where = reason == position
        texts[where] = wording(name, chance[where])
    return texts

"""Worlds in the shapes of Japanese carts: EC-CUBE 4, Rakuten RMS and ecforce."""

import random
from decimal import Decimal

from tests.ingest.world.carts import LEFT_OUT, Cart, Row, Told, cart_world
from tests.ingest.world.notation import ISO, NOTATIONS, Money, Numbers, Quantity, When
from tests.ingest.world.people import mail_of
from tests.ingest.world.sheet import Container
from tests.ingest.world.truth import Line, Order, Traits, draw_shop
from tests.ingest.world.world import World

_SHORT = next(one for one in NOTATIONS if one.name == "year first short")
_LONG = next(one for one in NOTATIONS if one.name == "year first slashes")
_ECCUBE = (
    "注文ID", "注文番号", "会員ID", "お名前(姓)", "メールアドレス", "小計", "値引き", "送料",
    "税金", "合計", "支払合計", "対応状況(ID)", "対応状況(名称)", "支払方法(ID)", "支払方法(名称)",
    "受注日", "入金日", "注文詳細ID", "商品ID", "商品規格ID", "商品名", "商品コード", "価格",
    "個数", "税率", "税率ルール(ID)", "明細区分(ID)", "明細区分(名称)",
)  # fmt: skip
_RAKUTEN = (
    "注文番号", "ステータス", "注文日時", "注文者メールアドレス", "商品合計金額", "送料合計",
    "合計金額", "店舗発行クーポン利用額", "申込番号", "申込お届け回数", "注文種別", "商品明細ID",
    "商品ID", "商品名", "商品番号", "商品管理番号", "単価", "個数", "税込別", "利用端末",
)  # fmt: skip
_ECFORCE = (
    "受注ID", "受注番号", "顧客番号", "購入URL", "購入オファー", "定期受注番号", "メールアドレス",
    "小計", "支払い合計", "受注日", "購入商品（商品コード）", "広告URLグループ名", "広告主名",
    "顧客購入回数", "定期ステータス", "定期回数",
)  # fmt: skip


def draw_japanese_world(seed: int) -> World:
    """Draw an export of a Japanese cart."""
    rng = random.Random(seed)
    name = rng.choice(("eccube", "rakuten", "ecforce"))
    traits = Traits(
        samples=rng.choice((0, 0.1)) if name != "ecforce" else 0,
        postage=rng.choice((0, 0.6)),
        discounts=rng.choice((0, 0.2)),
        cancelled=rng.choice((0, 0.06)) if name != "ecforce" else 0,
        unpaid=rng.choice((0, 0.06)) if name == "eccube" else 0,
        equal_lines=rng.choice((0, 0.1)) if name != "ecforce" else 0,
    )
    orders = draw_shop(
        rng, traits, decimals=0, alphabet=rng.choice(("plain", "japanese", "japanese")),
        orders=rng.randint(12, 30),
    )  # fmt: skip
    write = {"eccube": _eccube, "rakuten": _rakuten, "ecforce": _ecforce}[name]
    columns = {"eccube": _ECCUBE, "rakuten": _RAKUTEN, "ecforce": _ECFORCE}[name]
    if name == "eccube":
        orders = [_taxed(order) for order in orders]
    container = Container(
        encoding=rng.choice(("cp932", "cp932", "utf-8", "utf-8-sig")),
        quote_all=rng.random() < 0.3,
        newline=rng.choice(("\r\n", "\n")),
    )
    if rng.random() < 0.1:
        container = Container(kind=rng.choice(("typed", "texts")))
    cart = Cart(
        name, columns, "JPY", Numbers(), rng.choice((ISO, _SHORT, _LONG)), container,
        "注文日時" if name == "rakuten" else "受注日", lines=name != "ecforce",
    )  # fmt: skip
    return cart_world(
        seed, rng, cart, [write(rng, order) for order in orders], {"identity": "cart's own"}
    )


def _percent(line: Line) -> int:
    return 8 if line.product % 2 else 10


def _taxed(order: Order) -> Order:
    """Give every product a price that is whole yen with its tax and without it."""
    lines = tuple(
        line._replace(price=-(-line.price // (100 + _percent(line))) * (100 + _percent(line)))
        for line in order.lines
    )
    goods = sum(line.amount for line in lines)
    return order._replace(lines=lines, discount=goods // 10 if order.discount else 0)


def _eccube(rng: random.Random, order: Order) -> Told:
    number = str(order.number + 1)
    status = {"paid": rng.choice("1456"), "cancelled": "3", "unpaid": rng.choice("78"),
              "test": "1"}[order.state]  # fmt: skip
    guest = order.customer % 4 == 0
    own: Row = {
        "注文ID": number,
        "注文番号": number,
        "会員ID": "" if guest else str(1 + order.customer),
        "お名前(姓)": "山田",
        "メールアドレス": mail_of(rng, order.customer, forms=False, invisible=False),
        "小計": Money(order.goods),
        "値引き": Money(order.discount),
        "送料": Money(order.postage),
        "税金": Money(0),
        "合計": Money(order.total),
        "支払合計": Money(order.total),
        "対応状況(ID)": status,
        "支払方法(ID)": "4",
        "受注日": When(order.at),
    }
    rows = [
        own | _detail("1", line.name, Money(line.price * 100 // (100 + _percent(line))),
                      line.quantity, str(_percent(line)), line.code)
        for line in order.lines
    ]  # fmt: skip
    if order.postage:
        rows.append(own | _detail("2", "送料", Money(order.postage), Decimal(1), "0", ""))
    if order.discount:
        rows.append(own | _detail("4", "値引き", Money(-order.discount), Decimal(1), "0", ""))
    for at, row in enumerate(rows):
        row["注文詳細ID"] = str(order.number * 20 + at + 1)
    return Told(number, order, rows, LEFT_OUT.get(order.state, ""))


def _detail(kind: str, name: str, price: Money, quantity: Decimal, tax: str, code: str) -> Row:
    return {
        "明細区分(ID)": kind,
        "商品名": name,
        "商品コード": code,
        "商品ID": code[-3:],
        "価格": price,
        "個数": Quantity(quantity),
        "税率": tax,
    }


def _rakuten(rng: random.Random, order: Order) -> Told:
    number = f"274555-{order.at:%Y%m%d}-{order.number:010d}"
    status = {"cancelled": rng.choice(("800", "900"))}.get(order.state, rng.choice(("600", "700")))
    own: Row = {
        "注文番号": number,
        "ステータス": status,
        "注文日時": When(order.at),
        "注文者メールアドレス": f"a{order.customer}@fw.rakuten.ne.jp",
        "商品合計金額": Money(order.goods),
        "送料合計": Money(order.postage),
        "合計金額": Money(order.goods + order.postage),
        "店舗発行クーポン利用額": Money(order.discount),
        "注文種別": "1",
        "利用端末": rng.choice("015"),
    }
    rows = [
        own
        | {
            "商品明細ID": str(order.number * 20 + at),
            "商品ID": str(10_000 + line.product),
            "商品名": line.name,
            "商品管理番号": line.code,
            "単価": Money(line.price),
            "個数": Quantity(line.quantity),
            "税込別": "1",
        }
        for at, line in enumerate(order.lines)
    ]
    return Told(number, order, rows, LEFT_OUT.get(order.state, ""))


def _ecforce(rng: random.Random, order: Order) -> Told:
    number = f"E{order.number:07d}"
    own: Row = {
        "受注ID": str(order.number + 9000),
        "受注番号": number,
        "顧客番号": f"C{order.customer:06d}",
        "メールアドレス": mail_of(rng, order.customer, forms=False, invisible=False),
        "小計": Money(order.goods),
        "支払い合計": Money(order.total),
        "受注日": When(order.at),
        "購入商品（商品コード）": ",".join(line.code for line in order.lines),
    }
    if order.customer % 2:
        own |= {"定期受注番号": f"T{order.customer:06d}", "定期回数": str(1 + order.number % 5)}
    return Told(number, order, [own], LEFT_OUT.get(order.state, ""))

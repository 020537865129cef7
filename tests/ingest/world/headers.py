"""What columns are called in files that people and programs write."""

import random

WORDS: dict[str, tuple[str, ...]] = {
    "order": ("Order No", "Order ID", "Bestellnummer", "order_number", "注文番号"),
    "customer": ("Client", "Customer ID", "Kundennummer", "customer", "顧客番号"),
    "mail": ("E-mail", "Email address", "E-Mail-Adresse", "buyer_email", "メール"),
    "phone": ("Phone", "Telephone", "Telefon", "tel", "電話番号"),
    "date": ("Date", "Ordered on", "Bestelldatum", "order date", "注文日"),
    "time": ("Time", "Ordered at", "Uhrzeit", "order_time", "注文時間"),
    "total": ("Paid", "Order Total", "Gesamtbetrag", "grand_total", "支払金額"),
    "goods": ("Goods", "Subtotal", "Warenwert", "items_total", "商品小計"),
    "postage": ("Postage", "Shipping", "Versandkosten", "shipping_total", "送料"),
    "discount": ("Voucher", "Discount", "Rabatt", "discount_total", "値引"),
    "state": ("State", "Order Status", "Zustand", "status", "処理状況"),
    "refunded": ("Paid back", "Refunded", "Erstattet", "refund_total", "返金額"),
    "refunded at": ("Paid back on", "Refund date", "Erstattet am", "refund_date", "返金日"),
    "refunds": ("Refunds", "Refund list", "Erstattungen", "refunds", "返金明細"),
    "line": ("Row", "Line ID", "Positionsnummer", "line_id", "明細番号"),
    "code": ("Item", "SKU", "Artikelnummer", "sku", "商品コード"),
    "name": ("Item name", "Product", "Artikel", "title", "商品名"),
    "quantity": ("Qty", "Quantity", "Menge", "qty", "個数"),
    "price": ("Price", "Unit Price", "Einzelpreis", "unit_price", "単価"),
    "amount": ("Line total", "Item Total", "Positionsbetrag", "line_total", "金額"),
    "line discount": ("Off", "Item Discount", "Positionsrabatt", "line_discount", "明細値引"),
    "kind": ("Kind", "Line Type", "Art", "type", "明細区分"),
    "packed": ("Items", "Products", "Artikelliste", "items", "商品一覧"),
    "currency": ("Currency", "Order Currency", "Währung", "currency", "通貨"),
}
# Columns that nobody asked for, with what stands in them.
OTHERS: tuple[tuple[str, str], ...] = (
    ("Comment", "leave at the door, please"),
    ("Country", "United Kingdom"),
    ("Clerk", ""),
    ("Weight g", "1200"),
    ("Printed", "2023-01-05"),
    ("", ""),
    ("Points", "12"),
)


def draw_headers(rng: random.Random, encoding: str) -> dict[str, str]:
    """Draw the name of every column, in one language that the encoding has."""
    try:
        "注文".encode(encoding)
        language = rng.randrange(5)
    except UnicodeEncodeError:
        language = rng.randrange(4)
    if encoding in ("cp932", "euc_jp") and language == 2:
        language = 4
    return {role: words[language] for role, words in WORDS.items()}

"""Rakuten RMS: one row per product, with the order's totals on each.

The mall masks addresses of mail. There is no code of a coupon and no currency; prices are whole
yen, so a line of several pieces is known to a yen per piece only.
"""

from analysis.demo.export.sheets import Cart, Fault, Sheet

# Kinds of devices by the mall's codes.
DEVICES = {"web": "0", "app": "11", "phone": "99"}

_ORDERS = (
    "注文番号,ステータス,サブステータスID,サブステータス,注文日時,注文日,注文時間,キャンセル期限日,"
    "注文確認日時,注文確定日時,発送指示日時,発送完了報告日時,支払方法名,クレジットカード支払い方法,"
    "クレジットカード支払い回数,配送方法,配送区分,注文種別,複数送付先フラグ,送付先一致フラグ,"
    "離島フラグ,楽天確認中フラグ,警告表示タイプ,楽天会員フラグ,購入履歴修正有無フラグ,商品合計金額,"
    "消費税合計,送料合計,代引料合計,請求金額,合計金額,ポイント利用額,クーポン利用総額,"
    "店舗発行クーポン利用額,楽天発行クーポン利用額,注文者郵便番号1,注文者郵便番号2,"
    "注文者住所都道府県,注文者住所郡市区,注文者住所それ以降の住所,注文者姓,注文者名,注文者姓カナ,"
    "注文者名カナ,注文者電話番号1,注文者電話番号2,注文者電話番号3,注文者メールアドレス,注文者性別,"
    "申込番号,申込お届け回数,送付先ID,送付先送料,送付先代引料,送付先消費税合計,送付先商品合計金額,"
    "送付先合計金額,のし,送付先郵便番号1,送付先郵便番号2,送付先住所都道府県,送付先住所郡市区,"
    "送付先住所それ以降の住所,送付先姓,送付先名,送付先姓カナ,送付先名カナ,送付先電話番号1,"
    "送付先電話番号2,送付先電話番号3,商品明細ID,商品ID,商品名,商品番号,商品管理番号,単価,個数,"
    "送料込別,税込別,代引手数料込別,項目・選択肢,ポイント倍率,納期情報,在庫タイプ,"
    "ラッピングタイトル1,ラッピング名1,ラッピング料金1,ラッピング税込別1,ラッピング種類1,"
    "ラッピングタイトル2,ラッピング名2,ラッピング料金2,ラッピング税込別2,ラッピング種類2,"
    "お届け時間帯,お届け日指定,担当者,ひとことメモ,メール差込文 (お客様へのメッセージ),"
    "ギフト配送希望,コメント,利用端末,メールキャリアコード,あす楽希望フラグ,医薬品受注フラグ,"
    "楽天スーパーDEAL商品受注フラグ,メンバーシッププログラム受注タイプ,決済手数料,注文者負担金合計,"
    "店舗負担金合計,外税合計,決済手数料税率,ラッピング税率1,ラッピング税額1,ラッピング税率2,"
    "ラッピング税額2,送付先外税合計,送付先送料税率,送付先代引料税率,商品税率,商品毎税込価格"
)


def _stamp(moment: str) -> str:
    return f"strftime(CAST({moment} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S')"


def _person(whose: str) -> dict[str, str]:
    cells = {
        "郵便番号1": "postcode[1:3]",
        "郵便番号2": "postcode[5:]",
        "住所都道府県": "prefecture",
        "住所郡市区": "'架空市'",
        "住所それ以降の住所": "street",
        "姓": "family",
        "名": "given",
        "姓カナ": "family_kana",
        "名カナ": "'カクウ'",
        "電話番号1": "phone[1:3]",
        "電話番号2": "phone[5:8]",
        "電話番号3": "phone[10:]",
    }
    return {f"{whose}{column}": cell for column, cell in cells.items()}


_GROSS = "amount_minor + discount_minor"
_DEVICE = " ".join(f"WHEN '{channel}' THEN '{code}'" for channel, code in DEVICES.items())
_SUBSCRIBED = "CASE WHEN purchase_type = 'subscription' THEN {} END"

ORDERS = Sheet(
    "orders",
    tuple(_ORDERS.split(",")),
    {
        "注文番号": "concat('000000-', strftime(CAST(ordered_at AS TIMESTAMP), '%Y%m%d'), '-', "
        "format('{:010d}', serial))",
        "ステータス": "CASE WHEN shipped_at IS NULL THEN '300' ELSE '700' END",
        "注文日時": _stamp("ordered_at"),
        "注文日": "strftime(CAST(ordered_at AS TIMESTAMP), '%Y-%m-%d')",
        "注文時間": "strftime(CAST(ordered_at AS TIMESTAMP), '%H:%M:%S')",
        "注文確認日時": _stamp("paid_at"),
        "注文確定日時": _stamp("paid_at"),
        "発送完了報告日時": _stamp("shipped_at"),
        "支払方法名": "'クレジットカード'",
        "配送方法": "'宅配便'",
        "注文種別": "CASE WHEN purchase_type = 'subscription' THEN 4 ELSE 1 END",
        "楽天会員フラグ": "'1'",
        "商品合計金額": _GROSS,
        "消費税合計": "0",
        "送料合計": "0",
        "代引料合計": "0",
        "請求金額": "amount_minor",
        "合計金額": _GROSS,
        "ポイント利用額": "0",
        "クーポン利用総額": "discount_minor",
        "店舗発行クーポン利用額": "discount_minor",
        "楽天発行クーポン利用額": "0",
        **_person("注文者"),
        # The mall's own mask, in a domain that is nobody's.
        "注文者メールアドレス": "concat(md5(mail), '@pc.fw.rakuten.example')",
        "申込番号": _SUBSCRIBED.format(
            "concat('000000-', strftime(CAST(subscribed_at AS TIMESTAMP), '%Y%m%d'), '-', "
            "format('{:08d}', number), '-r')"
        ),
        "申込お届け回数": _SUBSCRIBED.format("subscription_order_no"),
        "送付先ID": "serial",
        "送付先合計金額": _GROSS,
        **_person("送付先"),
        "商品明細ID": "serial * 10 + position",
        "商品ID": "CAST(ascii(product_id) * 1000 + CAST(product_id[2:] AS INTEGER) AS VARCHAR)",
        "商品名": "product_name",
        "商品番号": "product_id",
        "商品管理番号": "product_id",
        "単価": "gross // quantity",
        "個数": "quantity",
        "送料込別": "'1'",
        "税込別": "'1'",
        "ひとことメモ": "CASE WHEN serial % 5 = 0 THEN '+架空メモ' END",
        "コメント": "CASE WHEN serial % 5 = 1 "
        "THEN concat('[配送日時指定:]', chr(10), chr(10), phone) END",
        "利用端末": f"CASE channel {_DEVICE} END",
        "決済手数料": "0",
        "注文者負担金合計": "0",
        "店舗負担金合計": "0",
        "外税合計": "0",
        "送付先外税合計": "0",
        "商品税率": "tax_percent / 100.0",
        "商品毎税込価格": "gross // quantity",
    },
    {
        "cancelled": Fault("cancelled", {"ステータス": "'900'", "発送完了報告日時": "NULL"}),
        "zero": Fault("amount is zero or negative", {"合計金額": "discount_minor"}),
        "no customer": Fault("no customer", {"注文者メールアドレス": "NULL"}),
        "future": Fault("order date is in the future", {"注文日時": "'2099-01-01 00:00:00'"}),
        "no date": Fault("order date is missing or no date", {"注文日時": "'2025-02-30 10:00:00'"}),
        "no amount": Fault("amount is missing or no number", {"合計金額": "'未定'"}),
        "decimals": Fault(
            "amount has more decimals than the currency", {"合計金額": f"{_GROSS} + 0.5"}
        ),
        "status": Fault("status is not known", {"ステータス": "'150'"}),
        "line": Fault("a line lacks product, quantity or price", {"個数": "NULL"}),
        "no number": Fault("no order number", {"注文番号": "NULL"}),
        "repeated": Fault("duplicate of an earlier row", {}),
        "formula": Fault("", {"注文番号": "concat(substr('=+-', 1 + serial % 3, 1), serial)"}),
    },
)

RAKUTEN = Cart("rakuten", "cp932", "\r\n", (ORDERS,))

"""Columns of carts' exports as their public descriptions name them, in the carts' order.

They are written out here, apart from the exporters: those that read and those that write the demo
shop's exports could share a mistake. Where they come from:

- Shopify: the admin's order and customer exports of today, as its help pages describe them.
- Appstle, an app of Shopify: its export of subscriptions, as public code names the columns.
- EC-CUBE 4: the orders and members of `dtb_csv.csv`, which the shop's own installation loads.
- ecforce: a template of orders, and columns of 定期受注, as shops' public scripts read them.
- Rakuten RMS: the columns of a template with everything up to the tax rates of 2019.
- WooCommerce by WebToffee: "Order Export & Order Import for WooCommerce" and, for subscriptions,
  "Import Export Suite for WooCommerce", both by their published source.
- WooCommerce by SkyVerge: "Default - One Row per Item" of the published source; subscriptions by
  "WooCommerce Subscriptions Importer and Exporter", likewise.
"""

SHOPIFY_ORDERS = """
Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,
Subtotal,Shipping,Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,
Lineitem quantity,Lineitem name,Lineitem price,Lineitem compare at price,Lineitem sku,
Lineitem requires shipping,Lineitem taxable,Lineitem fulfillment status,Billing Name,
Billing Street,Billing Address1,Billing Address2,Billing Company,Billing City,Billing Zip,
Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,Shipping Address1,
Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,Shipping Country,
Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,Refunded Amount,
Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,Lineitem discount,
Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,
Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,
Payment ID,Payment Terms Name,Next Payment Due At,Payment References
"""
SHOPIFY_CUSTOMERS = """
Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,
Default Address Address1,Default Address Address2,Default Address City,
Default Address Province Code,Default Address Country Code,Default Address Zip,
Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags
"""
APPSTLE_SUBSCRIPTIONS = """
ID,Status,Customer ID,Customer email,Customer name,Customer phone,Delivery first name,
Delivery last name,Delivery address 1,Delivery address 2,Delivery province code,Delivery city,
Delivery zip,Delivery country code,Delivery phone,Delivery company,Delivery price amount,
Delivery price currency,Created at,Updated at,Next order date,Billing interval type,
Billing interval count,Billing min cycles,Billing max cycles,Delivery interval type,
Delivery interval count,Payment ID,Payment method name,Payment method brand,
Payment method expiry year,Payment method expiry month,Payment method last digits,Line 0 title,
Line 0 SKU,Line 0 quantity,Line 0 price amount,Line 0 price currency,Line 0 product ID,
Line 0 variant ID,Line 0 selling plan ID,Line 0 selling plan name,Line 0 Attributes,
Cancellation date,Cancellation reason,Paused on date,Total renewals till date,First order name,
First order amount,Last order name,Last order date,Last order amount,Discount applied
"""
ECCUBE_ORDERS = """
注文ID,注文番号,会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),会社名,郵便番号,都道府県(ID),
都道府県(名称),住所1,住所2,メールアドレス,TEL,性別(ID),性別(名称),職業(ID),職業(名称),誕生日,
ショップ用メモ欄,小計,値引き,送料,税金,合計,支払合計,対応状況(ID),対応状況(名称),支払方法(ID),
支払方法(名称),受注日,入金日,注文詳細ID,商品ID,商品規格ID,商品名,商品コード,規格名1,規格名2,規格分類名1,
規格分類名2,価格,個数,税率,税率ルール(ID),明細区分(ID),明細区分(名称),出荷ID,配送先_お名前(姓),
配送先_お名前(名),配送先_お名前(セイ),配送先_お名前(メイ),配送先_会社名,配送先_郵便番号,
配送先_都道府県(ID),配送先_都道府県(名称),配送先_住所1,配送先_住所2,配送先_TEL,配送業者(ID),
配送業者(名称),お届け時間ID,お届け時間(名称),お届け希望日,送料,発送日,出荷伝票番号,配達用メモ,
出荷メール送信日
"""
ECCUBE_MEMBERS = """
会員ID,お名前(姓),お名前(名),お名前(セイ),お名前(メイ),会社名,郵便番号,都道府県(ID),都道府県(名称),住所1,
住所2,メールアドレス,TEL,性別(ID),性別(名称),職業(ID),職業(名称),誕生日,初回購入日,最終購入日,購入回数,
ショップ用メモ欄,会員ステータス(ID),会員ステータス(名称),登録日,更新日
"""
ECFORCE_ORDERS = """
受注ID,受注番号,顧客番号,購入URL,購入オファー,定期受注番号,メールアドレス,小計,支払い合計,受注日,
購入商品（商品コード）,広告URLグループ名,広告主名,顧客購入回数,定期ステータス,定期回数
"""
ECFORCE_SUBSCRIPTIONS = """
定期受注ID,定期受注番号,顧客ID,顧客番号,メールアドレス,ステータス,定期内受注数,定期回数,作成日,更新日,
配送サイクル,何ヶ月ごと,何日に,何日ごと,次回発送予定日,次回配送予定日,支払い方法,お約束回数（定期）,
残りお約束回数（定期）,停止日,停止理由,キャンセル日,キャンセル理由,購入商品（商品コード）,
購入商品（商品名）,広告URLグループ,広告主
"""
RAKUTEN_ORDERS = """
注文番号,ステータス,サブステータスID,サブステータス,注文日時,注文日,注文時間,キャンセル期限日,注文確認日時,
注文確定日時,発送指示日時,発送完了報告日時,支払方法名,クレジットカード支払い方法,クレジットカード支払い回数,
配送方法,配送区分,注文種別,複数送付先フラグ,送付先一致フラグ,離島フラグ,楽天確認中フラグ,警告表示タイプ,
楽天会員フラグ,購入履歴修正有無フラグ,商品合計金額,消費税合計,送料合計,代引料合計,請求金額,合計金額,
ポイント利用額,クーポン利用総額,店舗発行クーポン利用額,楽天発行クーポン利用額,注文者郵便番号1,
注文者郵便番号2,注文者住所都道府県,注文者住所郡市区,注文者住所それ以降の住所,注文者姓,注文者名,注文者姓カナ,
注文者名カナ,注文者電話番号1,注文者電話番号2,注文者電話番号3,注文者メールアドレス,注文者性別,申込番号,
申込お届け回数,送付先ID,送付先送料,送付先代引料,送付先消費税合計,送付先商品合計金額,送付先合計金額,のし,
送付先郵便番号1,送付先郵便番号2,送付先住所都道府県,送付先住所郡市区,送付先住所それ以降の住所,送付先姓,
送付先名,送付先姓カナ,送付先名カナ,送付先電話番号1,送付先電話番号2,送付先電話番号3,商品明細ID,商品ID,商品名,
商品番号,商品管理番号,単価,個数,送料込別,税込別,代引手数料込別,項目・選択肢,ポイント倍率,納期情報,在庫タイプ,
ラッピングタイトル1,ラッピング名1,ラッピング料金1,ラッピング税込別1,ラッピング種類1,ラッピングタイトル2,
ラッピング名2,ラッピング料金2,ラッピング税込別2,ラッピング種類2,お届け時間帯,お届け日指定,担当者,
ひとことメモ,メール差込文 (お客様へのメッセージ),ギフト配送希望,コメント,利用端末,
メールキャリアコード,あす楽希望フラグ,医薬品受注フラグ,楽天スーパーDEAL商品受注フラグ,
メンバーシッププログラム受注タイプ,決済手数料,注文者負担金合計,店舗負担金合計,外税合計,決済手数料税率,ラッピング税率1,ラッピング税額1,
ラッピング税率2,ラッピング税額2,送付先外税合計,送付先送料税率,送付先代引料税率,商品税率,商品毎税込価格
"""
WEBTOFFEE_ORDERS = """
order_id,order_number,order_date,paid_date,status,shipping_total,shipping_tax_total,fee_total,
fee_tax_total,tax_total,cart_discount,order_discount,discount_total,order_total,order_subtotal,
order_key,order_currency,payment_method,payment_method_title,transaction_id,customer_ip_address,
customer_user_agent,shipping_method,customer_id,customer_user,customer_email,billing_first_name,
billing_last_name,billing_company,billing_email,billing_phone,billing_address_1,billing_address_2,
billing_postcode,billing_city,billing_state,billing_country,shipping_first_name,
shipping_last_name,shipping_company,shipping_phone,shipping_address_1,shipping_address_2,
shipping_postcode,shipping_city,shipping_state,shipping_country,customer_note,wt_import_key,
tax_items,shipping_items,fee_items,coupon_items,refund_items,order_notes,download_permissions,
meta:_wc_order_attribution_device_type,meta:_wc_order_attribution_referrer,
meta:_wc_order_attribution_session_count,meta:_wc_order_attribution_session_entry,
meta:_wc_order_attribution_session_pages,meta:_wc_order_attribution_session_start_time,
meta:_wc_order_attribution_source_type,meta:_wc_order_attribution_user_agent,
meta:_wc_order_attribution_utm_source,line_item_1,line_item_2
"""
WEBTOFFEE_SUBSCRIPTIONS = """
subscription_id,subscription_status,customer_id,customer_username,customer_email,date_created,
trial_end_date,next_payment_date,last_order_date_created,end_date,post_parent,billing_period,
billing_interval,order_shipping,order_shipping_tax,fee_total,fee_tax_total,order_tax,cart_discount,
cart_discount_tax,order_total,order_currency,payment_method,payment_method_title,shipping_method,
billing_first_name,billing_last_name,billing_email,billing_phone,billing_address_1,
billing_address_2,billing_postcode,billing_city,billing_state,billing_country,billing_company,
shipping_first_name,shipping_last_name,shipping_address_1,shipping_address_2,shipping_postcode,
shipping_city,shipping_state,shipping_country,shipping_company,shipping_phone,customer_note,
order_items,order_notes,renewal_orders,shipping_items,coupon_items,fee_items,tax_items,
download_permissions
"""
SKYVERGE_ORDERS = """
order_id,order_number,date,status,shipping_total,shipping_tax_total,fee_total,fee_tax_total,
tax_total,discount_total,order_total,refunded_total,order_currency,payment_method,shipping_method,
customer_id,billing_first_name,billing_last_name,billing_company,billing_email,billing_phone,
billing_address_1,billing_address_2,billing_postcode,billing_city,billing_state,billing_country,
shipping_first_name,shipping_last_name,shipping_address_1,shipping_address_2,shipping_postcode,
shipping_city,shipping_state,shipping_country,shipping_company,customer_note,item_id,
item_product_id,item_name,item_sku,item_quantity,item_subtotal,item_subtotal_tax,item_total,
item_total_tax,item_refunded,item_refunded_qty,item_meta,shipping_items,fee_items,tax_items,
coupon_items,order_notes,download_permissions_granted
"""
OFFICIAL_SUBSCRIPTIONS = """
subscription_id,subscription_status,customer_id,start_date,trial_end_date,next_payment_date,
last_payment_date,cancelled_date,end_date,billing_period,billing_interval,order_shipping,
order_shipping_tax,fee_total,fee_tax_total,order_tax,cart_discount,cart_discount_tax,order_total,
order_currency,payment_method,payment_method_title,payment_method_post_meta,
payment_method_user_meta,requires_manual_renewal,shipping_method,billing_first_name,
billing_last_name,billing_email,billing_phone,billing_address_1,billing_address_2,billing_postcode,
billing_city,billing_state,billing_country,billing_company,shipping_first_name,shipping_last_name,
shipping_address_1,shipping_address_2,shipping_postcode,shipping_city,shipping_state,
shipping_country,shipping_company,customer_note,order_items,order_notes,coupon_items,fee_items,
tax_items,download_permissions
"""

COLUMNS = {
    ("shopify", "orders.csv"): SHOPIFY_ORDERS,
    ("shopify", "customers.csv"): SHOPIFY_CUSTOMERS,
    ("shopify_appstle", "orders.csv"): SHOPIFY_ORDERS,
    ("shopify_appstle", "customers.csv"): SHOPIFY_CUSTOMERS,
    ("shopify_appstle", "subscriptions.csv"): APPSTLE_SUBSCRIPTIONS,
    ("eccube", "orders.csv"): ECCUBE_ORDERS,
    ("eccube", "customers.csv"): ECCUBE_MEMBERS,
    ("ecforce", "orders.csv"): ECFORCE_ORDERS,
    ("ecforce", "subscriptions.csv"): ECFORCE_SUBSCRIPTIONS,
    ("rakuten", "orders.csv"): RAKUTEN_ORDERS,
    ("woocommerce", "orders.csv"): WEBTOFFEE_ORDERS,
    ("woocommerce", "subscriptions.csv"): WEBTOFFEE_SUBSCRIPTIONS,
    ("woocommerce_skyverge", "orders.csv"): SKYVERGE_ORDERS,
    ("woocommerce_skyverge", "subscriptions.csv"): OFFICIAL_SUBSCRIPTIONS,
}


def names(columns: str) -> list[str]:
    """Return the names that a list of columns holds."""
    return columns.replace("\n", "").split(",")

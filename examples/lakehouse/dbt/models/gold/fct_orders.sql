{{ config(
    materialized='incremental',
    unique_key='order_day',
    incremental_strategy='delete+insert'
) }}

select
    o.order_id,
    d.customer_key,
    o.order_day,
    o.ordered_at,
    o.status,
    coalesce(i.items, 0) as items,
    coalesce(i.amount_cents, 0) as amount_cents
from {{ ref('stg_orders') }} as o
left join {{ ref('order_items_enriched') }} as i on i.order_id = o.order_id
left join {{ ref('dim_customer') }} as d on d.customer_id = o.customer_id

{{ config(materialized='table') }}

select
    order_day,
    count(*) as orders,
    sum(amount_cents) as revenue_cents,
    count(distinct customer_key) as customers
from {{ ref('fct_orders') }}
where status <> 'cancelled'
group by order_day

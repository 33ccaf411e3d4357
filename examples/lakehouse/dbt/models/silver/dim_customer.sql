{{ config(
    materialized='incremental',
    unique_key='customer_key',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns'
) }}

select
    customer_id as customer_key,
    customer_id,
    email,
    first_name,
    last_name,
    c.country_code,
    cc.country_name,
    updated_at
from {{ ref('stg_customers') }} as c
left join {{ ref('country_codes') }} as cc on cc.country_code = c.country_code
{% if is_incremental() %}
where updated_at > (select coalesce(max(updated_at), timestamp '1970-01-01 00:00:00') from {{ this }})
{% endif %}

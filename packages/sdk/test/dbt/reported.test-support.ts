/** What the events of a step say, and what DuckDB itself counts. */
import type { StepEvent } from "@headgate/shared/domain/run/event.ts";
import type { Shop } from "./shop-project.test-support.ts";

type Of<T extends StepEvent["type"]> = Extract<StepEvent, { type: T }>;
export const only = <T extends StepEvent["type"]>(events: readonly StepEvent[], type: T): Of<T>[] =>
  events.filter((event): event is Of<T> => event.type === type);

export async function countedByDuckDb(shop: Shop): Promise<Record<string, unknown>> {
  const [row] = await shop.rows(
    `select (select count(*) from bronze.countries) as "bronze/countries", (select count(*) from bronze.stg_customers) as "bronze/stg_customers",
            (select count(*) from silver.dim_customer) as "silver/dim_customer", (select count(*) from gold.by_country) as "gold/by_country", (select count(*) from gold.total) as "gold/total"`,
  );
  return row ?? {};
}

export function reportedCounts(events: readonly StepEvent[]): Record<string, unknown> {
  return Object.fromEntries(
    only(events, "asset_materialized").map(({ asset, metadata }) => [
      asset,
      metadata["row_count"]?.type === "int" ? metadata["row_count"].value : null,
    ]),
  );
}

/** Named selections of assets. */
import { defineJob, select } from "@headgate/sdk";
import { customerReport } from "./assets/gold.ts";

export const bronzeRefresh = defineJob("bronze_refresh", {
  selection: select.groups("bronze"),
  description: "Land the exports again and check them.",
});

export const fullRefresh = defineJob("full_refresh", { selection: "*", description: "Everything." });

export const customerPipeline = defineJob("customer_pipeline", {
  selection: select.keys("bronze/stg_customers").downstream(),
  description: "Everything that depends on customers.",
});

export const report = defineJob("report", { selection: select.keys(customerReport).upstream(1), tags: { audience: "sales" } });

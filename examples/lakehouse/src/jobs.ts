/** Named selections of assets. */
import { defineJob, select } from "@headgate/sdk";
import { customerReport } from "./assets/gold.ts";

export const bronzeRefresh = defineJob({
  name: "bronze_refresh",
  selection: select.groups("bronze"),
  description: "Land the exports again and check them.",
});

export const fullRefresh = defineJob({ name: "full_refresh", selection: "*", description: "Everything." });

export const customerPipeline = defineJob({
  name: "customer_pipeline",
  selection: select.keys("bronze/stg_customers").downstream(),
  description: "Everything that depends on customers.",
});

export const report = defineJob({ name: "report", selection: select.keys(customerReport).upstream(1), tags: { audience: "sales" } });

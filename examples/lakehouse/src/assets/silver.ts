/** The dbt project: every model, seed and snapshot is an asset, every test a check, every exposure a node downstream. */
import { dbtAssets } from "@headgate/sdk/dbt";
import { project } from "../resources.ts";

export const lakehouse = dbtAssets({
  project,
  name: "lakehouse",
  retry: { maxRetries: 1, delay: 2 },
});

/** Runs that start because something happened. */
import { defineAssetSensor, defineRunStatusSensor, defineSensor, defineWebhookSensor, runRequest, skip } from "@headgate/sdk";
import { bronzeRefresh, report } from "./jobs.ts";
import { landing } from "./resources.ts";

/** Looks for new files in the landing folder; the cursor is the last name seen, so files are named in their order. */
export const newFiles = defineSensor({
  name: "new_files",
  job: bronzeRefresh,
  every: "30s",
  defaultStatus: "running",
  requires: [landing],
  async *evaluate({ cursor, setCursor, resources }) {
    const files = (await resources.landing.dropped()).filter(({ name }) => name > (cursor ?? ""));
    if (files.length === 0) yield skip("no new files");
    for (const { name } of files) {
      yield runRequest({ runKey: name, tags: { file: name } });
      setCursor(name);
    }
  },
});

/**
 * Airbyte calls when a sync is done. It cannot sign, so the secret is part of the address; it may call twice, and the run key makes one run.
 * Decided in the control plane: works while no agent is connected.
 */
export const airbyteSync = defineWebhookSensor({
  name: "airbyte_sync",
  job: bronzeRefresh,
  verify: "secret",
  defaultStatus: "running",
  map: {
    when: [{ path: "data.success", equals: true }],
    runKey: "data.jobId",
    tags: { connection: "data.connection.name", airbyte_job: "data.jobId" },
  },
});

/** Fires on the event itself, without waiting for a clock. Off until somebody wants a report after every refresh. */
export const reportAfterOrders = defineAssetSensor({
  name: "report_after_orders",
  assets: ["gold/fct_orders"],
  job: report,
  defaultStatus: "stopped",
});

export const onFailure = defineRunStatusSensor({
  name: "on_failure",
  statuses: ["failed"],
  defaultStatus: "running",
  evaluate: ({ event, log }) => {
    log.error(`run ${event.run} of ${event.job ?? "a selection"} failed: ${event.message ?? "no message"}`);
    return skip("only told");
  },
});

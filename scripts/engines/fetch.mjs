/**
 * Fetches the programs that the engine tests need, all of a tier before the first test: downloads and builds beside each other.
 * One that cannot be had is no error here, the tests that start it tell (see `skip-unavailable.mjs`).
 *
 *     node scripts/engines/fetch.mjs [--full]
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ensureAirbyteClient } from "./airbyte-client.mjs";
import { EngineUnavailable, ensureJava } from "./engine-files.mjs";
import { garage } from "./garage.mjs";
import { ensureNessie } from "./nessie-server.mjs";
import { ensurePasswordPlugin, ensureTrino } from "./trino-server.mjs";
import { versitygw } from "./versitygw.mjs";

/** @returns {Promise<boolean>} whether all are there */
async function fetchEngines({ full, onProgress }) {
  const fast = [
    () => ensureAirbyteClient(onProgress),
    () => ensureTrino(onProgress),
    () => ensureJava(onProgress),
    () => versitygw.install(onProgress),
  ];
  const slow = [() => garage.install(onProgress), () => ensureNessie(onProgress), () => ensurePasswordPlugin(onProgress)];
  const results = await Promise.allSettled((full ? [...slow, ...fast] : fast).map((start) => start()));
  const reasons = results.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
  for (const reason of reasons) {
    if (!(reason instanceof EngineUnavailable)) throw reason;
    onProgress(reason.message);
  }
  return reasons.length === 0;
}

/** The test runner calls it once, before the first file. */
export async function setup() {
  await fetchEngines({ full: process.env.HEADGATE_ENGINES === "full", onProgress: (line) => console.log(line) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { full: { type: "boolean", default: false } } });
  const isComplete = await fetchEngines({ ...values, onProgress: (line) => console.log(line) });
  process.exitCode = isComplete ? 0 : 2;
}

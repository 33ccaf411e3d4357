/** Options that a definition does not have and values of another kind, as code without a type checker has them. */
import { describe, expect, it } from "vitest";
import { duckdbResource } from "@headgate/sdk/duckdb";
import { dbtAssets, dbtProject, dbtResource, dbtSources } from "@headgate/sdk/dbt";
import { s3FileSensor, s3Resource } from "@headgate/sdk/s3";
import { trinoResource } from "@headgate/sdk/trino";
import { airbyteResource } from "@headgate/sdk/airbyte";
import {
  dailyPartitions,
  defineAsset,
  defineAssetCheck,
  defineAssetSensor,
  defineCheckSensor,
  defineCodeLocation,
  defineIoManager,
  defineJob,
  defineMultiAsset,
  defineMultiAssetSensor,
  defineObservableAsset,
  defineResource,
  defineRunStatusSensor,
  defineSchedule,
  defineSensor,
  defineSourceAsset,
  defineWebhookSensor,
  fileSensor,
  monthlyPartitions,
  withDefaults,
} from "../src/index.ts";

const run = () => 1;
const project = dbtProject({ dir: "dbt" });

type Definer = (options: never) => unknown;

function refusal(define: Definer, options: unknown): string {
  try {
    define(options as never);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // The first frame is the line of this file that calls the definer.
    expect(error.stack?.split("\n").find((line) => line.includes(" at "))).toContain("wrong-options.test.ts");
    return error.message;
  }
  return "taken";
}

describe("an option that a definition does not have", () => {
  it.each<[string, Definer, object, string]>([
    ["dep of an asset", defineAsset, { key: "a", dep: ["b"], run }, `Asset "a": there is no option 'dep'. Did you mean 'deps'?`],
    ["partition of an asset", defineAsset, { key: "a", partition: {}, run }, "Did you mean 'partitions'?"],
    ["group_name as in Python", defineAsset, { key: "a", group_name: "g", run }, "Did you mean 'group'?"],
    ["io_manager as in Python", defineAsset, { key: "a", io_manager: {}, run }, "Did you mean 'ioManager'?"],
    ["compute for run", defineAsset, { key: "a", compute: run, run }, "there is no option 'compute'. Did you mean 'run'?"],
    ["a word like no option", defineAsset, { key: "a", wibble: 1, run }, "The options are group, description, owners,"],
    [
      "an option of a retry policy",
      defineAsset,
      { key: "a", retry: { maxRetry: 2 }, run },
      "'retry.maxRetry'. Did you mean 'retry.maxRetries'?",
    ],
    ["an option of a declared check", defineAsset, { key: "a", checks: { c: { block: true } }, run }, "Did you mean 'checks.c.blocking'?"],
    [
      "inputs of an observed asset",
      defineObservableAsset,
      { key: "a", inputs: {}, run },
      `Observable asset "a": there is no option 'inputs'.`,
    ],
    ["a family of assets", withDefaults, { groups: "g" }, "withDefaults: there is no option 'groups'. Did you mean 'group'?"],
    ["an asset of a family", withDefaults({ group: "g" }), { key: "a", dep: [], run }, `Asset "a": there is no option 'dep'.`],
    ["an external asset", defineSourceAsset, { key: "a", dep: [] }, `External asset "a": there is no option 'dep'. Did you mean 'deps'?`],
    ["a multi-asset", defineMultiAsset, { name: "m", output: {}, outputs: {}, run }, `Multi-asset "m": there is no option 'output'.`],
    ["an output", defineMultiAsset, { name: "m", outputs: { x: { key: "x", dep: [] } }, run }, "Did you mean 'outputs.x.deps'?"],
    [
      "a check",
      defineAssetCheck,
      { asset: "a", name: "c", block: true, run },
      `Check "c": there is no option 'block'. Did you mean 'blocking'?`,
    ],
    ["a check of its asset", defineAsset({ key: "a", run }).check, { name: "c", block: true, run }, "Did you mean 'blocking'?"],
    ["a job", defineJob, { name: "j", select: "*", selection: "*" }, `Job "j": there is no option 'select'. Did you mean 'selection'?`],
    ["a run retry", defineJob, { name: "j", selection: "*", runRetry: { max: 1 } }, "'runRetry.max'"],
    [
      "a schedule",
      defineSchedule,
      { job: "j", cron: "@daily", timeZone: "UTC" },
      "there is no option 'timeZone'. Did you mean 'timezone'?",
    ],
    [
      "a sensor",
      defineSensor,
      { name: "s", interval: 30, evaluate: run },
      `Sensor "s": there is no option 'interval'. Did you mean 'every'?`,
    ],
    ["an asset sensor", defineAssetSensor, { name: "s", asset: "a", assets: ["a"] }, "Did you mean 'assets'?"],
    ["a multi-asset sensor", defineMultiAssetSensor, { name: "s", assets: ["a"], match: "all" }, "there is no option 'match'."],
    ["a check sensor", defineCheckSensor, { name: "s", checks: ["a"], outcome: ["failed"] }, "Did you mean 'outcomes'?"],
    ["a run status sensor", defineRunStatusSensor, { name: "s", statuses: ["failed"], job_names: [] }, "there is no option 'job_names'."],
    ["a webhook sensor", defineWebhookSensor, { name: "s", verifiy: "none" }, "Did you mean 'verify'?"],
    ["a mapping of deliveries", defineWebhookSensor, { name: "s", map: { run_key: "id" } }, "Did you mean 'map.runKey'?"],
    ["a file sensor", fileSensor, { name: "s", folder: "in", patern: "*" }, "Did you mean 'pattern'?"],
    ["an S3 file sensor", s3FileSensor, { name: "s", s3: {}, prefx: "in" }, "Did you mean 'prefix'?"],
    ["a resource", defineResource, { key: "r", set_up: run, setup: run }, "Did you mean 'setup'?"],
    ["an IO manager", defineIoManager, { name: "i", store: run, load: run, range: true }, "Did you mean 'ranges'?"],
    [
      "a code location",
      defineCodeLocation,
      { name: "l", asset: [] },
      `Code location "l": there is no option 'asset'. Did you mean 'assets'?`,
    ],
    [
      "daily partitions",
      dailyPartitions,
      { start: "2025-01-01", tz: "UTC" },
      "dailyPartitions: there is no option 'tz'. Did you mean 'timezone'?",
    ],
    ["a dbt project", dbtProject, { dir: "dbt", profileDir: "." }, "there is no option 'profileDir'. Did you mean 'profilesDir'?"],
    ["dbt assets", dbtAssets, { project, selects: "x" }, "Did you mean 'select'?"],
    ["dbt sources", dbtSources, { project, includes: run }, "Did you mean 'include'?"],
    ["a dbt resource", dbtResource, { project, keys: "x" }, "Did you mean 'key'?"],
    ["a DuckDB resource", duckdbResource, { path: "x", readonly: true }, "Did you mean 'readOnly'?"],
    ["a Trino resource", trinoResource, { hosts: "x" }, "Did you mean 'host'?"],
    ["an S3 resource", s3Resource, { accessKeyId: "a", secretAccessKey: "b", buckets: "x" }, "Did you mean 'bucket'?"],
    ["an Airbyte resource", airbyteResource, { url: "http://x", client_id: "a" }, "Did you mean 'clientId'?"],
  ])("in %s is refused with the one that was meant", (_what, define, options, message) => {
    expect(refusal(define, options)).toContain(message);
  });
});

describe("a value of another kind", () => {
  it.each<[string, Definer, unknown, string]>([
    [
      "one owner",
      defineAsset,
      { key: "a", owners: "ada@example.com", run },
      `'owners' is the text "ada@example.com", and must be a list [...].`,
    ],
    ["a list of tags", defineAsset, { key: "a", tags: ["x"], run }, "'tags' is a list, and must be an object { ... }."],
    ["a number of retries", defineAsset, { key: "a", retry: 3, run }, "'retry' is 3, and must be an object { ... }."],
    [
      "an unknown backoff",
      defineAsset,
      { key: "a", retry: { maxRetries: 1, backoff: "exp" }, run },
      `'retry.backoff' is "exp", and must be "none" or`,
    ],
    ["a cron text as condition", defineAsset, { key: "a", automation: "0 2 * * *", run }, "'automation' is the text"],
    ["a mistyped severity", defineAssetCheck, { asset: "a", name: "c", severity: "eror", run }, `Did you mean "error"?`],
    [
      "a text for a boolean",
      defineAssetCheck,
      { asset: "a", name: "c", blocking: "yes", run },
      `'blocking' is the text "yes", and must be true or false.`,
    ],
    [
      "a priority in words",
      defineJob,
      { name: "j", selection: "*", priority: "high" },
      `'priority' is the text "high", and must be a number.`,
    ],
    ["null for a text", defineJob, { name: "j", selection: "*", description: null }, "'description' is null, and must be a text."],
    ["an unknown status", defineSchedule, { job: "j", cron: "@daily", defaultStatus: "RUNNING" }, `Did you mean "running"?`],
    ["one asset to watch", defineAssetSensor, { name: "s", assets: "a" }, `'assets' is the text "a", and must be a list [...].`],
    ["no asset to watch", defineAssetSensor, { name: "s" }, "'assets' is missing, and must be a list [...]."],
    ["no outputs", defineMultiAsset, { name: "m", run }, "'outputs' is missing, and must be an object { ... }."],
    ["no set-up", defineResource, { key: "r" }, `Resource "r": 'setup' is missing, and must be a function.`],
    ["no load", defineIoManager, { name: "i", store: run }, "'load' is missing, and must be a function."],
    ["a Date as the start", monthlyPartitions, { start: new Date(0) }, "'start' is an object, and must be a text."],
    ["no start", dailyPartitions, {}, "dailyPartitions: 'start' is missing, and must be a text."],
    ["the folder alone", dbtProject, "dbt", `dbt project: the options are the text "dbt", not an object. Write dbtProject({ ... }).`],
    [
      "nothing",
      defineCodeLocation,
      undefined,
      "Code location: the options are undefined, not an object. Write defineCodeLocation({ ... }).",
    ],
  ])("%s is refused with the kind that is wanted", (_what, define, options, message) => {
    expect(refusal(define, options)).toContain(message);
  });

  it("of one option is told together with all other mistakes", () => {
    expect(refusal(defineAsset, { key: "a", dep: [], owners: "x", run })).toBe(
      `Asset "a": there is no option 'dep'. Did you mean 'deps'? 'owners' is the text "x", and must be a list [...].`,
    );
  });

  it("may be undefined, which is no fault", () => {
    expect(refusal(defineAsset, { key: "a", deps: undefined, owners: undefined, retry: undefined, run })).toBe("taken");
  });
});

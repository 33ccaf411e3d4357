/** A check sensor is woken by the results of asset checks. */
import { checkId } from "../domain/asset-check.ts";
import type { CheckEvent } from "./event-schema.ts";
import { partitionSuffix, type SensorEventType, type SensorKind, someOf } from "./sensor-kind.ts";

const VERBS = { passed: "passes", warned: "warns", failed: "fails" } as const;

/** A check id, or an asset key for all of its checks. */
const keyOf = (watched: string) => `check:${watched}`;

export const checkEvent: SensorEventType<CheckEvent> = {
  sentence: ({ asset, check, outcome }) => `check ${check} of ${asset} ${outcome}`,
  detail: ({ asset, check, partition, outcome }) => `Check ${check} of ${asset}${partitionSuffix(partition)} ${outcome}`,
  watchedAs: ({ asset, check }) => [keyOf(checkId({ asset, name: check })), keyOf(asset)],
  shortened: (event) => ({ ...event, metadata: {} }),
};

export const checkSensor: SensorKind<CheckEvent> = {
  label: "check sensor",
  watches: ({ checks = [] }) => checks.map(keyOf),
  matches: ({ checkOutcomes }, { outcome }) => checkOutcomes === undefined || checkOutcomes.includes(outcome),
  exampleEvent({ checks = [] }, at) {
    const [asset = "", check = "check"] = (checks[0] ?? "").split(":");
    return { type: "check", asset, check, outcome: "failed", description: null, run: null, partition: null, at, metadata: {} };
  },
  runsWhen: ({ checks = [], checkOutcomes = ["failed"] }) =>
    `when ${someOf(checks) || "a check"} ${checkOutcomes.map((outcome) => VERBS[outcome]).join(" or ")}`,
};

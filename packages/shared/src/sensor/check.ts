/** A check sensor is woken by the results of asset checks. */
import { z } from "zod";
import { checkId } from "../domain/asset-check.ts";
import { metadataSchema } from "../manifest/metadata.ts";
import { checkIdSchema } from "../manifest/names.ts";
import { type EventOf, type FieldsOf, partitionSuffix, type SensorEventType, type SensorKind, someOf } from "./sensor-kind.ts";

const OUTCOMES = ["passed", "warned", "failed"] as const;

export const checkFields = () => ({
  /** Check ids, or asset keys for all of their checks. */
  checks: z.array(checkIdSchema).optional(),
  checkOutcomes: z.array(z.enum(OUTCOMES)).optional(),
});

export const checkEventSchema = () =>
  z.object({
    type: z.literal("check"),
    asset: z.string(),
    check: z.string(),
    outcome: z.enum(OUTCOMES),
    description: z.string().nullable(),
    run: z.string().nullable(),
    partition: z.string().nullable(),
    at: z.number(),
    metadata: metadataSchema,
  });
type CheckEvent = EventOf<typeof checkEventSchema>;

const VERBS = { passed: "passes", warned: "warns", failed: "fails" } as const;

/** A check id, or an asset key for all of its checks. */
const keyOf = (watched: string) => `check:${watched}`;

export const checkEvent = {
  sentence: ({ asset, check, outcome }) => `check ${check} of ${asset} ${outcome}`,
  detail: ({ asset, check, partition, outcome }) => `Check ${check} of ${asset}${partitionSuffix(partition)} ${outcome}`,
  watchedAs: ({ asset, check }) => [keyOf(checkId({ asset, name: check })), keyOf(asset)],
  shortened: (event) => ({ ...event, metadata: {} }),
  defaults: { description: null, run: null, partition: null, metadata: {} },
} satisfies SensorEventType<CheckEvent>;

export const checkSensor: SensorKind<FieldsOf<typeof checkFields>, CheckEvent> = {
  label: "check sensor",
  watches: ({ checks = [] }) => checks.map(keyOf),
  matches: ({ checkOutcomes }, { outcome }) => checkOutcomes === undefined || checkOutcomes.includes(outcome),
  exampleEvent({ checks = [] }, at) {
    const [asset = "", check = "check"] = (checks[0] ?? "").split(":");
    return { ...checkEvent.defaults, type: "check", asset, check, outcome: "failed", at };
  },
  runsWhen: ({ checks = [], checkOutcomes = ["failed"] }) =>
    `when ${someOf(checks) || "a check"} ${checkOutcomes.map((outcome) => VERBS[outcome]).join(" or ")}`,
};

/** Makes for each rule of publishing a manifest that breaks it and no rule before it. */
import { type Manifest, manifestSchema } from "../manifest/schema.ts";
import type { PUBLISH_RULES } from "../manifest/publish-rules.ts";
import type { z } from "zod";

type Parts = Partial<z.input<typeof manifestSchema>>;

const source = { file: "src/location.ts", line: 7 };
const unitOf = (...assets: string[]) => ({ id: "u", kind: "multi" as const, assets });
const a = { key: "a", unit: "u", source };
const base = { assets: [a], units: [unitOf("a")] };
const days = { type: "time", cadence: "daily", start: "2025-01-01" } as const;
const regions = { type: "static", keys: ["eu", "us"] } as const;

const PARTS: Readonly<Record<keyof typeof PUBLISH_RULES, readonly [message: string, parts: Parts]>> = {
  "each asset is defined once": ["Asset a is defined twice", { assets: [a, a], units: [unitOf("a")] }],
  "units list what names them": ["Asset a names the unit 'u', which does not list it", { assets: [a], units: [] }],
  "assets do not depend on each other in a circle": [
    "The assets depend on each other in a circle",
    {
      assets: [
        { ...a, deps: [{ key: "b" }] },
        { key: "b", unit: "u", deps: [{ key: "a" }], source },
      ],
      units: [unitOf("a", "b")],
    },
  ],
  "conditions and freshness policies can be evaluated": [
    "The automation condition of a cannot be used",
    { ...base, assets: [{ ...a, automation: { type: "cron_tick_passed", cron: "99 * * * *", timezone: "UTC" } }] },
  ],
  "schedules fire": [
    "Schedule 's' never fires",
    { ...base, jobs: [{ name: "j", selection: "a" }], schedules: [{ name: "s", job: "j", cron: ["0 0 31 2 *"], source }] },
  ],
  "jobs can be launched": [
    "Job 'all' can never be launched: a and b have no partition in common",
    {
      assets: [
        { ...a, partitions: days },
        { key: "b", unit: "u", partitions: regions },
      ],
      units: [unitOf("a", "b")],
      jobs: [{ name: "all", selection: "*", source }],
    },
  ],
  "schedules and sensors start jobs that exist": [
    "'s' starts the job 'none'",
    { ...base, sensors: [{ name: "s", kind: "polling", job: "none", source }] },
  ],
  "definitions fit into a row": ["The definition of asset a has more than 950 kB", { ...base, assets: [{ ...a, metadata: bulky() }] }],
};

function bulky() {
  return Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`text_${index}`, { type: "text" as const, value: "x".repeat(50_000) }]),
  );
}

export interface BrokenManifest {
  readonly rule: string;
  readonly message: string;
  readonly manifest: Manifest;
}

export function brokenManifests(): readonly BrokenManifest[] {
  return Object.entries(PARTS).map(([rule, [message, parts]]) => ({
    rule,
    message,
    manifest: manifestSchema.parse({
      schema: 1,
      location: "demo",
      sdk: { version: "0.1.0" },
      runtime: { node: "24" },
      entry: "bundle.js",
      files: [],
      ...parts,
    }),
  }));
}

/** Finds what a delivery asks for by its sensor's declarative mapping, without user code, so that it works while no agent is connected. */
import { type DeliveryContent, valueAt } from "./json-path.ts";

export interface DeliveryMap {
  readonly when?: readonly { readonly path: string; readonly equals: string | number | boolean | null }[] | undefined;
  readonly runKey?: string | undefined;
  readonly partition?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
}

export type MappedDelivery =
  | { readonly type: "run"; readonly runKey?: string; readonly partition?: string; readonly tags: Readonly<Record<string, string>> }
  /** A condition does not hold. */
  | { readonly type: "skip"; readonly reason: string }
  /** The delivery lacks what the mapping needs. */
  | { readonly type: "misfit"; readonly problem: string };

const MAX_KEY = 500;
const MAX_PARTITION = 2000;
const MAX_TAG = 1000;

export function mapDelivery(map: DeliveryMap | undefined, content: DeliveryContent): MappedDelivery {
  for (const { path, equals } of map?.when ?? []) {
    const found = valueAt(content, path);
    if (found !== equals) return { type: "skip", reason: `'${path}' is ${shown(found)}, not ${shown(equals)}` };
  }
  const runKey = textAt(content, { path: map?.runKey, what: "the run key", max: MAX_KEY });
  if ("problem" in runKey) return { type: "misfit", problem: runKey.problem };
  const partition = textAt(content, { path: map?.partition, what: "the partition", max: MAX_PARTITION });
  if ("problem" in partition) return { type: "misfit", problem: partition.problem };
  const tags: Record<string, string> = {};
  for (const [tag, path] of Object.entries(map?.tags ?? {})) {
    // A tag is a remark: a delivery without it is as good.
    const text = scalarText(valueAt(content, path));
    if (text !== null && text !== "") tags[tag] = text.slice(0, MAX_TAG);
  }
  return {
    type: "run",
    ...(runKey.text !== null && { runKey: runKey.text }),
    ...(partition.text !== null && { partition: partition.text }),
    tags,
  };
}

interface Wanted {
  readonly path: string | undefined;
  readonly what: string;
  readonly max: number;
}

/** Null: the mapping does not ask for it. A run without its key could be made twice, so what is asked for must be there. */
function textAt(content: DeliveryContent, wanted: Wanted): { readonly text: string | null } | { readonly problem: string } {
  if (wanted.path === undefined) return { text: null };
  const value = valueAt(content, wanted.path);
  const text = scalarText(value);
  if (text === null || text === "") return { problem: `${wanted.what} should stand at '${wanted.path}', but there is ${shown(value)}` };
  if (text.length > wanted.max) return { problem: `${wanted.what} at '${wanted.path}' is longer than ${wanted.max} characters` };
  return { text };
}

function scalarText(value: unknown): string | null {
  return typeof value === "string" ? value : typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** What went wrong with a hook or a function, which are no assets, in one sentence. Pure. */
import type { DbtManifest } from "../graph/dbt-manifest.ts";
import { cleanMessage } from "./failure.ts";

/** Null for nodes that say it themselves. */
export function helperFailure(manifest: DbtManifest, uniqueId: string, said: string): string | null {
  const message = cleanMessage(said).trim();
  if (uniqueId.startsWith("operation.")) {
    // "shop.on-run-end.0 failed, error:\n <the database's message>"
    const [, name = "", reason = ""] = /^(\S+) failed, error:\s*([\s\S]*)$/.exec(message) ?? [];
    const [, place] = /\.(on-run-(?:start|end))\.\d+$/.exec(name) ?? [];
    return name === ""
      ? `${uniqueId} failed: ${message}`
      : `${place === undefined ? "hook" : `${place} hook`} ${name} failed: ${reason.trim()}`;
  }
  const definition = manifest.functions[uniqueId];
  return definition ? `function ${definition.name} failed: ${message}` : null;
}

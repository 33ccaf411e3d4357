/** The files that are made from the public API, with their texts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reportOf } from "./api-report.ts";
import { PACKAGE, type PublicApi } from "./public-api.ts";
import { referencePage } from "./reference-page.ts";

export interface Output {
  readonly file: string;
  readonly text: string;
}

export function apiReports(api: PublicApi): readonly Output[] {
  return api.entries.map((entry) => ({ file: join(PACKAGE, "api", `${entry.id}.api.txt`), text: reportOf(entry, api) }));
}

export function referenceOutput(api: PublicApi): Output {
  const beginning = readFileSync(join(PACKAGE, "reference/beginning.md"), "utf8");
  return { file: join(PACKAGE, "../../docs/reference/sdk.md"), text: referencePage(beginning, api.entries) };
}

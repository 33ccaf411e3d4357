/** A small code location with everything a dashboard must be able to show: steps that wait, fail until someone mends them, talk a lot. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./stack.ts";

export const FAILURE = "The supplier's file of May has no header line.";
export const CHATTER = 400;

export interface DashboardProject {
  readonly folder: string;
  /** From now on `supplier/orders` succeeds. */
  mend(): void;
  /** Puts a syntax error into the code; `restore` takes it out. */
  breakCode(): void;
  restore(): void;
}

export function writeDashboardProject(folder: string): DashboardProject {
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const mended = join(folder, "mended");
  const location = join(folder, "location.ts");
  writeFileSync(join(folder, "package.json"), `{ "name": "shop", "private": true, "type": "module" }\n`);
  writeFileSync(
    join(folder, "headgate.config.ts"),
    `import { defineConfig } from "@headgate/sdk/config";\nexport default defineConfig({ locations: [{ name: "shop", entry: "location.ts" }] });\n`,
  );
  writeFileSync(
    location,
    `import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { defineAsset, defineCodeLocation, defineJob, materialization } from "@headgate/sdk";

const contacts = defineAsset({ key: "supplier/contacts", run: () => materialization({ metadata: { row_count: 12 } }) });
const orders = defineAsset({
  key: "supplier/orders",
  deps: [contacts],
  run() {
    if (!existsSync(${JSON.stringify(mended)})) throw new Error(${JSON.stringify(FAILURE)});
    return materialization({ metadata: { row_count: 34 } });
  },
});
const invoices = defineAsset({ key: "supplier/invoices", deps: [orders], run: () => materialization({ metadata: { row_count: 56 } }) });
const nightly = defineAsset({
  key: "slow/nightly",
  async run({ log, signal }) {
    log.info("the long work begins");
    await sleep(600_000, undefined, { signal });
  },
});
const stock = defineAsset({
  key: "stock/levels",
  async run({ signal }) {
    await sleep(1500, undefined, { signal });
    return materialization({ metadata: { row_count: 78 } });
  },
});
const talk = defineAsset({
  key: "stock/audit",
  run({ log }) {
    for (let line = 1; line <= ${CHATTER}; line++) log.info(\`shelf \${line} counted\`);
    log.warn("shelf 17 counted twice");
    log.error("shelf 99 is missing");
  },
});

export default defineCodeLocation({
  name: "shop",
  assets: [contacts, orders, invoices, nightly, stock, talk],
  jobs: [defineJob({ name: "supplier", selection: "group:default and key:\\"supplier/*\\"" })],
});
`,
  );
  const good = readFileSync(location, "utf8");
  return {
    folder,
    mend: () => writeFileSync(mended, ""),
    breakCode: () => writeFileSync(location, good.replace("const contacts =", "const contacts == ")),
    restore: () => writeFileSync(location, good),
  };
}

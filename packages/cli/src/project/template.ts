/** The files of a new project: two assets, of which one reads the other's value, a check, a job and a schedule. No engine to install. */
import { CLI_VERSION } from "../version.ts";

export function projectTemplate(name: string): Readonly<Record<string, string>> {
  return {
    "package.json": `${JSON.stringify(packageJson(name), null, 2)}\n`,
    "headgate.config.ts": CONFIG.replace("NAME", name),
    "tsconfig.json": `${JSON.stringify(TSCONFIG, null, 2)}\n`,
    ".gitignore": "node_modules/\n.headgate/\n.venv/\n.env\n",
    "src/location.ts": LOCATION.replace("NAME", name),
    "src/assets/orders.ts": ORDERS,
    "src/jobs.ts": JOBS,
    "README.md": readme(name),
  };
}

function packageJson(name: string): object {
  return {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    scripts: { dev: "headgate dev", validate: "headgate validate", publish: "headgate publish", types: "tsc" },
    dependencies: { "@headgate/sdk": `^${CLI_VERSION}` },
    devDependencies: { "@headgate/cli": `^${CLI_VERSION}`, "@types/node": "^24.10.1", typescript: "^6.0.3" },
  };
}

const TSCONFIG = {
  compilerOptions: {
    target: "es2024",
    lib: ["es2024"],
    module: "esnext",
    moduleResolution: "bundler",
    types: ["node"],
    strict: true,
    noUncheckedIndexedAccess: true,
    verbatimModuleSyntax: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ["src", "headgate.config.ts"],
};

const CONFIG = `import { defineConfig } from "@headgate/sdk/config";

export default defineConfig({
  locations: [{ name: "NAME", entry: "src/location.ts" }],
});
`;

const LOCATION = `/** The code location: what Headgate knows of this project. */
import { defineCodeLocation } from "@headgate/sdk";
import * as orders from "./assets/orders.ts";
import * as jobs from "./jobs.ts";

export default defineCodeLocation({ name: "NAME", assets: [orders], jobs: [jobs], schedules: [jobs] });
`;

const ORDERS = `/** Assets: things that exist because this code made them. */
import { checkResult, defineAsset, materialization } from "@headgate/sdk";

interface Order {
  readonly customer: string;
  readonly amount: number;
}

/** A returned value is stored and handed to the assets that name this one in \`inputs\`. */
export const orders = defineAsset({
  key: "bronze/orders",
  group: "bronze",
  description: "Orders as they come in.",
  run({ log }) {
    const rows: Order[] = [
      { customer: "ada", amount: 120 },
      { customer: "grace", amount: 80 },
      { customer: "ada", amount: 45 },
    ];
    log.info(\`read \${rows.length} orders\`);
    return materialization({ value: rows, metadata: { row_count: rows.length } });
  },
});

/** \`inputs.orders\` is typed: it is what \`orders\` returned. */
export const revenue = defineAsset({
  key: "gold/revenue",
  group: "gold",
  description: "Revenue of each customer.",
  inputs: { orders },
  run({ inputs }) {
    const total: Record<string, number> = {};
    for (const { customer, amount } of inputs.orders) total[customer] = (total[customer] ?? 0) + amount;
    return materialization({ value: total, metadata: { row_count: Object.keys(total).length } });
  },
});

/** Runs after every materialization of \`revenue\`. */
export const positive = revenue.check({ name: "positive",   description: "Nobody has negative revenue.",
  async run({ loadValue }) {
    const amounts = Object.values(await loadValue());
    return checkResult({ passed: amounts.every((amount) => amount >= 0), metadata: { customers: amounts.length } });
  },
});
`;

const JOBS = `/** Named selections of assets, and when they run. */
import { defineJob, defineSchedule } from "@headgate/sdk";

export const refresh = defineJob({ name: "refresh", selection: "*", description: "Everything." });

export const nightly = defineSchedule({ job: refresh, cron: "0 2 * * *", timezone: "UTC" });
`;

function readme(name: string): string {
  return `# ${name}

\`\`\`
npm install
npx headgate dev        # control plane, agent and dashboard on this machine; republishes at every change
npx headgate run refresh
npx headgate on --location ${name}   # the nightly schedule starts runs from now on; until then it is off
npx headgate validate   # does the code load, and what does it define?
\`\`\`

- \`src/assets/\`: what is made, from what, and how it is checked
- \`src/jobs.ts\`: named selections of assets and their schedules
- \`src/location.ts\`: everything in one value; \`headgate.config.ts\` names it

To publish to a deployment: \`HEADGATE_URL=... HEADGATE_TOKEN=... npx headgate publish\`.
`;
}

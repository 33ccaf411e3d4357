/** Measures which lines of the commands the fast tests run. A command is a file of the deployment that works with a transaction. */
import { globSync, readFileSync } from "node:fs";
import { defineConfig, mergeConfig } from "vitest/config";
import fast from "./vitest.fast.config.ts";

const root = new URL(".", import.meta.url).pathname;
const TAKES_TRANSACTION = /import type \{[^}]*\bTx\b[^}]*\} from "[^"]*\/tx\.ts"/;
const commands = globSync("src/deployment/**/*.ts", { cwd: root }).filter(
  (file) => !file.endsWith(".test.ts") && TAKES_TRANSACTION.test(readFileSync(`${root}${file}`, "utf8")),
);

export default mergeConfig(
  fast,
  defineConfig({
    root,
    test: {
      coverage: {
        enabled: true,
        provider: "v8",
        include: commands,
        reporter: ["text-summary", "json-summary"],
        reportsDirectory: `${root}../../artifacts/coverage`,
        thresholds: { lines: 80 },
      },
    },
  }),
);

/** A code location of plain TypeScript steps that log, sleep and depend on each other: something to kill while it runs. */
import { writeProject } from "./project-shell.ts";

/** `LOGS` numbered lines per attempt, so that a lost or doubled one is seen. */
export const LOGS = 6;

export function writeStepsProject(
  folder: string,
  options: { readonly width: number; readonly depth: number; readonly sleepMs: number; readonly retries: number },
): void {
  writeProject(folder, {
    name: "steps",
    code: `import { setTimeout as sleep } from "node:timers/promises";
import { defineAsset, defineCodeLocation, defineJob, materialization } from "@headgate/sdk";

const retry = { maxRetries: ${options.retries}, delay: 0.2 };
const layers: ReturnType<typeof make>[][] = [];
function make(level: number, index: number) {
  const above = layers[level - 1] ?? [];
  return defineAsset({
    key: \`l\${level}/a\${index}\`,
    retry,
    deps: above.length === 0 ? [] : [above[index % above.length]!, above[(index + 1) % above.length]!],
    async run({ log, signal }) {
      for (let line = 1; line <= ${LOGS}; line++) {
        log.info(\`line \${line}\`);
        await sleep(${options.sleepMs} / ${LOGS}, undefined, { signal });
      }
      return materialization({ metadata: { row_count: level * 100 + index } });
    },
  });
}
for (let level = 0; level < ${options.depth}; level++) layers.push(Array.from({ length: ${options.width} }, (_, index) => make(level, index)));

export default defineCodeLocation({ name: "steps", assets: layers.flat(), jobs: [defineJob({ name: "all", selection: "*" })] });
`,
  });
}

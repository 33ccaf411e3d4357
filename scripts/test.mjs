/**
 * `npm test`: set-up as needed, then every check of `npm run check`, all of them even when one fails. Tests run one step after the other;
 * format, lint, types and unused code are checked beside them, in the processor time that the tests leave. With `--soak` also the long tests
 * and those against real engines. The last line is `N passed, N failed`: each test of the test runner counts, each other check as one.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium } from "./chromium.mjs";
import { requireNode } from "./node-version.mjs";
import { failuresOf } from "./failed-tests.mjs";
import { CommandFailed, exitOf, stopRunningCommands } from "./run-command.mjs";

requireNode();
const root = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");
const LONG_STEPS = ["check:soak", "test:engines:full", "test:k8s"];
/** What makes steps of `npm run check` and the long tests go over all that they have: every look of every page, a whole year. */
const IN_FULL = { HEADGATE_LOOKS: "all", HEADGATE_SIMULATED_DAYS: "365" };
/** One more than processors, because many tests wait for a child process or a timer. */
const WORKERS = String(availableParallelism() + 1);
/** Steps that run the test runner, and whose single tests count. */
const TEST_STEPS = new Set(["check:tests", "coverage:commands", "check:e2e", ...LONG_STEPS]);
const npm = process.platform === "win32" ? "npm.cmd" : "npm";

for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
]) {
  process.on(signal, () => {
    stopRunningCommands(signal);
    process.exit(128 + number);
  });
}

let passed = 0;
let failed = 0;
let skipped = 0;
const broken = [];
/** What failed in the test runner, said once more before the last line: the output of the long tiers hides it. */
const failures = [];

try {
  const { setUp } = await import("./setup.mjs");
  const { env } = await setUp({ root, onProgress: (text) => console.log(`set-up: ${text}`) });
  const chromium = await findChromium({ onProgress: (text) => console.log(`set-up: ${text}`) });
  // Tests start hundreds of Node processes; each begins faster with code that an earlier one has compiled.
  await runChecks({ ...env, HEADGATE_CHROMIUM: chromium, NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "compiled") });
} catch (error) {
  console.error(error instanceof CommandFailed || error?.name === "PythonEnvError" ? `error: ${error.message}` : error);
  failed++;
  broken.push("set-up");
}
if (failures.length > 0) console.log(`\n${failures.join("\n")}`);
if (broken.length > 0) console.log(`\nfailed: ${broken.join(", ")}`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

async function runChecks(given) {
  const env = process.argv.includes("--soak") ? { ...given, ...IN_FULL } : given;
  const steps = checkSteps();
  const beside = runBeside(
    steps.filter((step) => !TEST_STEPS.has(step)),
    env,
  );
  for (const step of steps.filter((name) => TEST_STEPS.has(name))) {
    console.log(`\n--- ${step}`);
    await runTests(step, step === "check:tests" ? { ...env, VITEST_MAX_WORKERS: WORKERS } : env);
  }
  for (const { step, code, output } of await beside) {
    console.log(`\n--- ${step}${output === "" ? "" : `\n${output}`}`);
    count(step, code === 0);
  }
}

async function runBeside(steps, env) {
  const ended = [];
  for (const step of steps) ended.push({ step, ...(await resultOf(step, env)) });
  return ended;
}

async function resultOf(step, env) {
  try {
    return await exitOf(npm, ["run", "--silent", step], { cwd: root, env, yields: true });
  } catch (error) {
    return { code: 1, output: String(error) };
  }
}

/** The parts of the `check` script, so that the two can not drift apart. */
function checkSteps() {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const steps = scripts.check.split("&&").map((part) => /^npm run (\S+)$/.exec(part.trim())?.[1]);
  if (steps.includes(undefined))
    throw new CommandFailed(`The script 'check' in package.json must be 'npm run x && npm run y ...', but is '${scripts.check}'.`);
  return process.argv.includes("--soak") ? [...steps, ...LONG_STEPS] : steps;
}

function count(step, good) {
  if (good) return void passed++;
  failed++;
  broken.push(step);
}

async function runTests(step, env) {
  const report = join(root, "artifacts", `${step.replaceAll(":", "-")}.json`);
  mkdirSync(join(root, "artifacts"), { recursive: true });
  rmSync(report, { force: true });
  const args = ["run", "--silent", step, "--", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const { code } = await exitOf(npm, args, { cwd: root, env, show: true });
  if (!existsSync(report)) return count(`${step} (no report was written)`, false);
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, "utf8"));
  passed += numPassedTests;
  failed += numFailedTests;
  skipped += numPendingTests;
  failures.push(...failuresOf({ root, testResults }));
  if (numFailedTests > 0) broken.push(`${numFailedTests} tests of ${step}`);
  // A test file that does not load, or an error outside any test, fails the run without failing a test.
  if (code !== 0 && numFailedTests === 0) count(`${step} (an error outside the tests)`, false);
  if (code === 0 && numPassedTests === 0) count(`${step} (no test ran)`, false);
}

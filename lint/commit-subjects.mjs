/** The subjects of commits: `area: imperative`, at most 72 characters. `node lint/commit-subjects.mjs` prints those that are wrong. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./ratchet.mjs";

/** Commits up to here were written before the rule. */
export const BASE = "0b4f94c79ac14cffdd5b85920af41edb18acbb61";
const MAX_LENGTH = 72;
const AREAS = new Set(
  "agent bench build ci cli control-plane deps docs e2e examples lint release scripts sdk security shared web".split(" "),
);
/** Endings of words that are no imperative. */
const NOT_IMPERATIVE = /^(?:\w+(?:ed|ing)|\w*[^s'\W]s|the|a|an|it|this|that|of|no|now|two|we|i)$/i;
/** Imperatives that look like one of those. */
const IMPERATIVE = new Set(
  "bring embed feed need seed speed exceed proceed process pass focus address compress press ping bias".split(" "),
);

/** What is wrong with a subject, one sentence each. */
export function subjectProblems(subject) {
  const [, area, words] = /^([a-z0-9-]+): (.*)$/.exec(subject) ?? [];
  if (area === undefined) return ["it has no area: write `area: imperative`"];
  const problems = [];
  const [first = ""] = words.split(" ");
  if (!AREAS.has(area)) problems.push(`'${area}' is no area; choose one of ${[...AREAS].join(", ")}`);
  if (subject.length > MAX_LENGTH) problems.push(`it has ${subject.length} characters, at most ${MAX_LENGTH} are shown`);
  if (!IMPERATIVE.has(first.toLowerCase()) && NOT_IMPERATIVE.test(first)) problems.push(`'${first}' is no imperative`);
  if (/[.!]$/.test(words)) problems.push("it ends with a full stop");
  return problems;
}

/** `{ subjects }` since the base, merges left out, or `{ skipped }` with the reason why the history cannot be read. */
export function subjectsSince(base, cwd = ROOT) {
  const git = (...args) => spawnSync("git", args, { cwd, encoding: "utf8" });
  const known = git("rev-parse", "--verify", "--quiet", `${base}^{commit}`);
  if (known.error) return { skipped: "git is not installed" };
  if (known.status !== 0) return { skipped: `the history does not reach back to ${base}` };
  const log = git("log", "--no-merges", "--format=%s", `${base}..HEAD`);
  if (log.status !== 0) return { skipped: log.stderr.trim() };
  return { subjects: log.stdout.split("\n").filter((subject) => subject !== "") };
}

if (process.argv[1] === import.meta.filename) {
  const { subjects = [], skipped } = subjectsSince(BASE);
  if (skipped !== undefined) process.stdout.write(`skipped: ${skipped}\n`);
  const wrong = subjects.flatMap((subject) => subjectProblems(subject).map((problem) => `${subject}\n  ${problem}\n`));
  process.stdout.write(wrong.join(""));
  process.exitCode = wrong.length > 0 ? 1 : 0;
}

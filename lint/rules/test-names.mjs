/** test-names: a test's name is an English sentence that stands alone, of at most twelve words, and no two tests of a file share one. */
import { isExempt, repositoryPath } from "../ratchet.mjs";

const MAX_WORDS = 12;
const TESTS = new Set(["it", "test"]);
const GROUPS = new Set(["describe", "suite"]);
/** Words that no sentence with a subject starts with. */
const DANGLING = new Set(
  (
    "of that which who whose than and or but it its they them their is are was were be been being has have had having " +
    "does do did done can could may might must will would shall should cannot"
  ).split(" "),
);

/** What is wrong with the name of a test, one sentence each. */
export function nameProblems(name) {
  const words = name.trim().split(/\s+/);
  const problems = [];
  if (words.length > MAX_WORDS) problems.push(`the name has ${words.length} words, at most ${MAX_WORDS} are read at a glance`);
  if (DANGLING.has(words[0]?.toLowerCase())) problems.push(`the name may not start with '${words[0]}': begin with its subject`);
  return problems;
}

export const testNames = {
  meta: { type: "suggestion" },
  create(context) {
    const file = repositoryPath(context.filename);
    if (!/\.test\.(ts|mjs)$/.test(file) || isExempt("test-names", file)) return {};
    const groups = [];
    const seen = new Set();
    return {
      CallExpression(node) {
        const kind = kindOf(node);
        if (kind === null) return;
        const name = textOf(node.arguments[0]);
        if (kind === "group") {
          groups.push(name ?? "?");
          return;
        }
        if (name === null) return;
        for (const message of nameProblems(name)) context.report({ node: node.arguments[0], message });
        const joined = [...groups, name].join(" ");
        if (seen.has(joined)) context.report({ node: node.arguments[0], message: `another test of this file is called '${joined}' too` });
        seen.add(joined);
      },
      "CallExpression:exit"(node) {
        if (kindOf(node) === "group") groups.pop();
      },
    };
  },
};

/** `it("…")`, `test.skipIf(…)("…")`, `it.for(…)("…")`, `describe("…")`. */
function kindOf(node) {
  if (node.arguments.length < 2) return null;
  let callee = node.callee;
  while (callee.type === "MemberExpression" || callee.type === "CallExpression" || callee.type === "TaggedTemplateExpression")
    callee = callee.object ?? callee.callee ?? callee.tag;
  if (callee.type !== "Identifier") return null;
  if (TESTS.has(callee.name)) return textOf(node.arguments[0]) === null ? null : "test";
  return GROUPS.has(callee.name) ? "group" : null;
}

/** The text of a literal or template; each inserted value counts as one word. */
function textOf(node) {
  if (node?.type === "Literal" && typeof node.value === "string") return node.value;
  if (node?.type !== "TemplateLiteral") return null;
  return node.quasis.map((part) => part.value.cooked).join("value");
}

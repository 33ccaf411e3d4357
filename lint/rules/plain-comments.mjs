/** plain-comments: sentences of comments have a subject, and the comment that opens a file says what the file is for. */
import { isExempt, repositoryPath } from "../ratchet.mjs";

const DANGLING = /(?:^|[.!?]["')`]*\s+|^[-*]\s+)Of\s/m;
const LOWER_OPENER = /^of\s/;
const PEOPLE = /\b(somebody|nobody|whoever)\b/i;

/** What is wrong with the text of a comment, one sentence each. */
export function commentProblems(text, isHeader) {
  const plain = plainText(text);
  const problems = [];
  if (DANGLING.test(plain) || LOWER_OPENER.test(plain)) problems.push("a sentence may not start with 'Of': begin with its subject");
  const people = PEOPLE.exec(plain)?.[0];
  if (people !== undefined) problems.push(`say who instead of '${people}'`);
  if (isHeader && /^[^.!?]*\?/.test(plain)) problems.push("the comment that opens a file says what it is for, not a question");
  return problems;
}

/** Without the frame of the comment, its examples and code. */
function plainText(text) {
  return text
    .split("\n")
    .map((line) => line.replace(/^\s*\*?\s?/, ""))
    .join("\n")
    .replaceAll(/^@example[\s\S]*?(?=^@(?!example)|$(?![\s\S]))/gm, "")
    .replaceAll(/`[^`]*`/g, "`code`")
    .replaceAll(/^@(param|returns|throws|default)\s*/gm, "")
    .trim();
}

export const plainComments = {
  meta: { type: "suggestion" },
  create(context) {
    if (isExempt("plain-comments", repositoryPath(context.filename))) return {};
    return {
      Program(program) {
        const firstCode = program.body[0]?.range?.[0] ?? Number.POSITIVE_INFINITY;
        const comments = paragraphs(
          context.sourceCode.getAllComments().filter(({ type }) => type !== "Shebang"),
          context.sourceCode.text,
        );
        for (const [index, comment] of comments.entries()) {
          const isHeader = index === 0 && comment.range[0] < firstCode;
          for (const message of commentProblems(comment.value, isHeader)) context.report({ loc: comment.loc, message });
        }
      },
    };
  },
};

/** Line comments of neighbouring lines are one text. */
export function paragraphs(comments, source) {
  const joined = [];
  for (const comment of comments) {
    const last = joined.at(-1);
    const follows =
      last?.type === "Line" && comment.type === "Line" && /^[ \t]*\r?\n[ \t]*$/.test(source.slice(last.range[1], comment.range[0]));
    if (follows) {
      last.value += `\n${comment.value}`;
      last.range = [last.range[0], comment.range[1]];
    } else joined.push({ type: comment.type, value: comment.value, range: comment.range, loc: comment.loc });
  }
  return joined;
}

import { relative } from "node:path";

/** Enough for the sentence and the place of a failure, without the whole difference of two values. */
const MAX_LINES = 12;

/**
 * The failed tests of a JSON report of the test runner, as text: file, name, first lines of the reason. A file that failed outside its tests
 * is listed with its own message.
 */
export function failuresOf({ root, testResults }) {
  return testResults.flatMap((file) => {
    const failed = file.assertionResults.filter((test) => test.status === "failed");
    const place = relative(root, file.name);
    if (failed.length === 0) return file.status === "failed" ? [`FAILED ${place}\n${firstLines(file.message)}`] : [];
    return failed.map((test) => `FAILED ${place}: ${test.fullName}\n${firstLines(test.failureMessages.join("\n"))}`);
  });
}

function firstLines(text) {
  return text
    .trim()
    .split("\n")
    .slice(0, MAX_LINES)
    .map((line) => `  ${line}`)
    .join("\n");
}

/** What holds for every row of the contract, and the page that is made from the rows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkAnswer } from "../src/contract/check-answer.ts";
import type { AnyAuditLine, Procedure } from "../src/contract/procedure.ts";
import { PROCEDURE_NAMES, PROCEDURES } from "../src/contract/table.ts";
import { procedureReference } from "./procedure-reference.test-support.ts";

const PAGE = join(import.meta.dirname, "../../../docs/reference/http-api.md");
const MARK =
  "<!-- What follows is made from packages/shared/src/contract: npx vitest run --project shared packages/shared/test/contract.test.ts -u writes it. -->\n";
const rows: readonly (readonly [string, Procedure])[] = PROCEDURE_NAMES.map((name) => [name, PROCEDURES[name]]);

describe("the contract of the procedures", () => {
  it("is shown in full by docs/reference/http-api.md", async () => {
    const page = readFileSync(PAGE, "utf8");
    const head = page.slice(0, page.indexOf(MARK));
    await expect(`${head}${MARK}\n${procedureReference()}`).toMatchFileSnapshot(PAGE);
  });

  it("names a noun and a verb in every procedure", () => {
    for (const name of PROCEDURE_NAMES) expect(name).toMatch(/^[a-z]+\.[a-z][A-Za-z]*$/);
  });

  it("describes every procedure in a sentence", () => {
    for (const [name, { summary }] of rows) expect(summary, name).toMatch(/^[A-Z].*\.$/);
  });

  it("reads what was there before a change with queries only", () => {
    for (const [name, row] of rows) {
      const audit: AnyAuditLine | string = row.kind === "command" ? row.audit : "";
      if (typeof audit === "string" || audit.before === undefined) continue;
      expect(rows.find(([other]) => other === audit.before?.ask)?.[1].kind, name).toBe("query");
    }
  });
});

describe("the check of answers", () => {
  it("accepts an answer that fits its schema", () => {
    expect(() => checkAnswer("definitions.hash", { hash: "abc", extra: undefined })).not.toThrow();
  });

  it("refuses a missing field, a wrong type and a field that no schema has", () => {
    expect(() => checkAnswer("definitions.hash", {})).toThrow("hash");
    expect(() => checkAnswer("definitions.hash", { hash: 7 })).toThrow("hash");
    expect(() => checkAnswer("definitions.hash", { hash: "abc", extra: 1 })).toThrow("extra");
  });
});

import { describe, expect, it } from "vitest";
import { completeSelection } from "./complete.ts";

describe("completeSelection", () => {
  const vocabulary = {
    keys: ["bronze/stg_customers", "silver/dim_customer"],
    values: { group: ["bronze", "my group"], tag: ["tier", "tier=gold"], status: ["failed"] },
  };
  const complete = (marked: string) => {
    const cursor = marked.indexOf("|");
    const { from, to, options } = completeSelection(marked.replace("|", ""), cursor, vocabulary);
    return { from, to, inserts: options.map((option) => option.insert) };
  };

  it("offers keys and attributes for a word that has begun", () => {
    expect(complete("dim|")).toEqual({ from: 0, to: 3, inserts: ["silver/dim_customer"] });
    expect(complete("gr|")).toMatchObject({ from: 0, to: 2, inserts: expect.arrayContaining(["group:"]) });
  });

  it("offers the values of an attribute, quoted where they need it", () => {
    expect(complete("group:|")).toEqual({ from: 6, to: 6, inserts: ["bronze", '"my group"'] });
    expect(complete("tag:tier|")).toMatchObject({ inserts: ["tier", "tier=gold"] });
    expect(complete("key:silv|")).toMatchObject({ from: 4, inserts: ["silver/dim_customer"] });
    expect(complete('group:"my|')).toMatchObject({ from: 6, inserts: ['"my group"'] });
  });

  it("offers operators after something complete, and operands after an operator", () => {
    expect(complete("group:bronze |")).toMatchObject({ inserts: ["and ", "or "] });
    expect(complete("group:bronze and |").inserts).toContain("not ");
    expect(complete("+|").inserts).toContain("bronze/stg_customers");
  });
});

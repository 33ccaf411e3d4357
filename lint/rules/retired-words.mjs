/** retired-words: the words that docs/glossary.md has retired are not used in comments, texts and names. */
import { isExempt, repositoryPath } from "../ratchet.mjs";
import { findRetired, retiredWords } from "../retired-words.mjs";
import { paragraphs } from "./plain-comments.mjs";

const WORDS = retiredWords();
/** In comments these are the business of plain-comments. */
const PEOPLE = new Set(["somebody", "nobody", "whoever"]);
const SQL = /^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|PRAGMA|REPLACE|FROM|WHERE|AND|OR|SET|VALUES|ORDER|LEFT|JOIN)\b/;

export const retiredWordsRule = {
  meta: { type: "suggestion" },
  create(context) {
    const file = repositoryPath(context.filename);
    if (WORDS.length === 0 || file.startsWith("lint/") || isExempt("retired-words", file)) return {};
    const report = (loc, found) => {
      for (const { word, use } of found) context.report({ loc, message: `'${word}' is a retired word; use '${use}' (docs/glossary.md)` });
    };
    const comments = WORDS.filter(({ word }) => !PEOPLE.has(word));
    /** Texts that people read have spaces; other strings are names. */
    const text = (node, value) => {
      if (/\S\s+\S/.test(value) && !SQL.test(value)) report(node.loc, findRetired(value, WORDS, "texts"));
    };
    return {
      Program() {
        for (const comment of paragraphs(context.sourceCode.getAllComments(), context.sourceCode.text))
          report(comment.loc, findRetired(comment.value, comments, "comments"));
      },
      Literal: (node) => typeof node.value === "string" && text(node, node.value),
      TemplateElement: (node) => text(node, node.value.raw),
      JSXText: (node) => text(node, node.value),
      Identifier: (node) =>
        report(
          node.loc,
          WORDS.filter(({ word, where }) => word === node.name && allows(where, "code")),
        ),
    };
  },
};

const allows = (where, place) => where.length === 0 || where.includes(place);

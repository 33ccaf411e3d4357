/** What a user of the public API would look up in vain. */
import { relative } from "node:path";
import type ts from "typescript";
import { PACKAGE, type Entry, type Member } from "./public-api.ts";

/** One line for each name or member without a sentence, and for each function, class or value without an example. */
export function undocumented(entries: readonly Entry[]): readonly string[] {
  const lines = entries.flatMap(({ specifier, names }) =>
    names.flatMap(({ name, kind, doc, members, symbol }) => {
      const place = (what: string, at: ts.Symbol, missing: string): string => `${placeOf(at)}: ${what} of ${specifier} has no ${missing}`;
      const needsExample = kind !== "type" && doc.deprecated === null;
      return [
        ...(doc.text === "" && doc.deprecated === null ? [place(name, symbol, "sentence")] : []),
        ...(needsExample && doc.examples.length === 0 ? [place(name, symbol, "example")] : []),
        ...members.filter(needsSentence).map((member) => place(`${name}.${member.name}`, member.symbol, "sentence")),
      ];
    }),
  );
  return [...new Set(lines)];
}

/** A field whose only value is one text, such as `kind: "job"`, says itself what it is. */
function needsSentence({ doc, type }: Member): boolean {
  return doc.text === "" && !/^"[^"]*"$/.test(type);
}

function placeOf(symbol: ts.Symbol): string {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration) return symbol.name;
  const file = declaration.getSourceFile();
  return `${relative(PACKAGE, file.fileName)}:${file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1}`;
}

/** What the comment of a declaration says. */
import ts from "typescript";

export interface Doc {
  readonly text: string;
  /** Replaces it, when it is deprecated. */
  readonly deprecated: string | null;
  readonly throws: readonly string[];
  readonly examples: readonly string[];
}

export function docOf(symbol: ts.Symbol, checker: ts.TypeChecker): Doc {
  const own = read(symbol, checker);
  if (own.text !== "") return own;
  // A field that only names a function is documented where the function is.
  const target = namedBy(symbol, checker);
  return target ? read(target, checker) : own;
}

function read(symbol: ts.Symbol, checker: ts.TypeChecker): Doc {
  const tags = symbol.getJsDocTags(checker);
  const of = (name: string): string[] => tags.filter((tag) => tag.name === name).map((tag) => ts.displayPartsToString(tag.text).trim());
  const overloads = (symbol.declarations ?? []).filter(
    (declaration) => ts.isFunctionLike(declaration) && !("body" in declaration && declaration.body),
  );
  // The tag of one overload does not make the others old.
  const isOld = overloads.length < 2;
  const [first = ""] = (symbol.declarations ?? []).map((declaration) => commentOf(declaration)).filter((text) => text !== "");
  return { text: first, deprecated: isOld ? (of("deprecated")[0] ?? null) : null, throws: of("throws"), examples: of("example") };
}

/** Only the declaration's own comment: TypeScript would join those of all overloads. */
function commentOf(declaration: ts.Node): string {
  const holder = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  const docs = ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc);
  const text = docs.map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "").at(-1) ?? "";
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}

function namedBy(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol | undefined {
  const [declaration] = symbol.declarations ?? [];
  if (!declaration || !ts.isPropertyAssignment(declaration)) return undefined;
  const target = checker.getSymbolAtLocation(declaration.initializer);
  return target && target.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(target) : target;
}

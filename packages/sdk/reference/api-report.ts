/** The public API of one entry point as a text that a review can read: every name with its types, without comments. */
import ts from "typescript";
import { isOwn, plainText, type Entry, type Member, type Name, type PublicApi } from "./public-api.ts";

export function reportOf(entry: Entry, api: PublicApi): string {
  const head = `// The public API of ${entry.specifier}. A test compares this file with the sources; \`npm run api:update -w @headgate/sdk\` writes it.`;
  const inner = innerTypes(entry, api);
  return [head, ...entry.names.map(declarationOf), ...(inner.length > 0 ? ["// Named above, but not exported.", ...inner] : [])]
    .join("\n\n")
    .concat("\n");
}

function declarationOf({ name, kind, parameters, signatures, oldSignatures, members, doc }: Name): string {
  const mark = doc.deprecated === null ? "" : "/** @deprecated */ ";
  switch (kind) {
    case "function":
      return [
        ...signatures.map((text) => `${mark}function ${text};`),
        ...oldSignatures.map((text) => `/** @deprecated */ function ${text};`),
      ].join("\n");
    case "value":
      return members.length > 0 ? `${mark}const ${name}: ${fieldsOf(members)};` : `${mark}const ${name}: ${signatures.join(" | ")};`;
    case "class":
      return [`${mark}class ${name} ${fieldsOf(members)}`, ...signatures.map((text) => `${text};`)].join("\n");
    case "type":
      return members.length > 0 && signatures.length === 0
        ? `${mark}interface ${name}${parameters} ${fieldsOf(members)}`
        : `${mark}type ${name}${parameters} = ${signatures.join(" & ") || "{}"};`;
    default:
      return kind satisfies never;
  }
}

function fieldsOf(members: readonly Member[]): string {
  const lines = members
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(
      ({ name, optional, type, doc }) => `  ${doc.deprecated === null ? "" : "/** @deprecated */ "}${name}${optional ? "?" : ""}: ${type};`,
    );
  return `{\n${lines.join("\n")}\n}`;
}

/** Types of this package that no entry point exports, although a public declaration names them. */
function innerTypes(entry: Entry, { checker, entries }: PublicApi): string[] {
  const exported = new Set(entries.flatMap(({ names }) => names.map(({ symbol }) => symbol)));
  const found = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    // What follows '~' is for the runtime.
    if ((ts.isPropertySignature(node) || ts.isMethodSignature(node)) && node.name.getText().startsWith('"~')) return;
    if (ts.isBlock(node) || ts.isClassStaticBlockDeclaration(node)) return;
    if (ts.isTypeReferenceNode(node) || ts.isExpressionWithTypeArguments(node)) take(node);
    ts.forEachChild(node, visit);
  };
  const take = (node: ts.TypeReferenceNode | ts.ExpressionWithTypeArguments): void => {
    const named = checker.getSymbolAtLocation(ts.isTypeReferenceNode(node) ? node.typeName : node.expression);
    const symbol = named && named.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(named) : named;
    const declaration = symbol?.declarations?.[0];
    if (!symbol || !declaration || exported.has(symbol) || !isOwn(symbol) || found.has(symbol.name)) return;
    if (!ts.isInterfaceDeclaration(declaration) && !ts.isTypeAliasDeclaration(declaration)) return;
    found.set(symbol.name, plainText(declaration));
    visit(declaration);
  };
  for (const { symbol } of entry.names) {
    const overloads = (symbol.declarations ?? []).filter(
      (declaration) => ts.isFunctionDeclaration(declaration) && declaration.body === undefined,
    );
    for (const declaration of overloads.length > 0 ? overloads : (symbol.declarations ?? [])) ts.forEachChild(declaration, visit);
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text.replace(/^export /, ""));
}

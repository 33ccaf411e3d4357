/**
 * The public API of the SDK as data, read from the sources with the TypeScript compiler: every entry point, every name it exports, every
 * member of it, each with its documentation. API Extractor would need a built declaration file for each entry point first.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { docOf, type Doc } from "./doc.ts";

export const PACKAGE = join(import.meta.dirname, "..");

export interface Member {
  readonly name: string;
  readonly optional: boolean;
  readonly type: string;
  readonly doc: Doc;
  /** Whether its declaration is a source of this package. */
  readonly own: boolean;
  readonly symbol: ts.Symbol;
}

export interface Name {
  readonly name: string;
  readonly kind: "function" | "value" | "class" | "type";
  readonly doc: Doc;
  /** The names of its type parameters, as `<K, R>`. */
  readonly parameters: string;
  /** One text per overload of a function that is not deprecated, the type of a value, or the right side of a type alias. */
  readonly signatures: readonly string[];
  /** Deprecated overloads of a function. */
  readonly oldSignatures: readonly string[];
  readonly members: readonly Member[];
  readonly symbol: ts.Symbol;
}

export interface Entry {
  /** `@headgate/sdk/dbt` */
  readonly specifier: string;
  /** `dbt`; `core` for the package itself. */
  readonly id: string;
  /** What the first comment of the file says. */
  readonly about: string;
  readonly names: readonly Name[];
}

export interface PublicApi {
  readonly checker: ts.TypeChecker;
  readonly entries: readonly Entry[];
}

const FLAGS = (ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope) as ts.TypeFormatFlags;

/** `instead` has other texts for some sources, by path from the package. */
export function readPublicApi(instead: Readonly<Record<string, string>> = {}): PublicApi {
  const manifest = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as {
    readonly name: string;
    readonly exports: Readonly<Record<string, string | { readonly "headgate-source": string }>>;
  };
  const sources = Object.entries(manifest.exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [{ path, file: join(PACKAGE, target["headgate-source"]) }],
  );
  const config = ts.getParsedCommandLineOfConfigFile(
    join(PACKAGE, "tsconfig.json"),
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  );
  const options = { ...config?.options, noEmit: true };
  const host = ts.createCompilerHost(options);
  const { readFile } = host;
  host.readFile = (file) => instead[relative(PACKAGE, file)] ?? readFile.call(host, file);
  const program = ts.createProgram(
    sources.map(({ file }) => file),
    options,
    host,
  );
  const checker = program.getTypeChecker();
  const entries = sources.map(({ path, file }): Entry => {
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (!source || !module) throw new Error(`${file} is no module`);
    const names = checker.getExportsOfModule(module).map((exported) => nameOf(exported, checker));
    return {
      specifier: path === "." ? manifest.name : manifest.name + path.slice(1),
      id: path === "." ? "core" : path.slice(2),
      about: aboutOf(source),
      names: names.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    };
  });
  return { checker, entries };
}

function aboutOf(source: ts.SourceFile): string {
  const [, text = ""] = /^\/\*\*\s*([\s\S]*?)\*\//.exec(source.text) ?? [];
  return text
    .split("\n")
    .map((line) => line.replace(/^\s*\*\s?/, "").trim())
    .join(" ")
    .trim();
}

export function isOwn(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => !relative(PACKAGE, declaration.getSourceFile().fileName).startsWith(".."));
}

function nameOf(exported: ts.Symbol, checker: ts.TypeChecker): Name {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declarations = symbol.declarations ?? [];
  const base = { name: exported.name, doc: docOf(symbol, checker), symbol, oldSignatures: [], parameters: parametersOf(declarations) };
  if (symbol.flags & ts.SymbolFlags.Function) {
    const overloads = declarations.filter(ts.isFunctionDeclaration);
    const visible = overloads.length > 1 ? overloads.filter(({ body }) => body === undefined) : overloads;
    const isOld = (declaration: ts.Node): boolean => ts.getJSDocDeprecatedTag(declaration) !== undefined;
    const text = (declaration: ts.FunctionDeclaration): string => signatureText(exported.name, declaration, checker);
    const allOld = visible.every(isOld);
    return {
      ...base,
      kind: "function",
      signatures: visible.filter((declaration) => allOld || !isOld(declaration)).map(text),
      oldSignatures: allOld ? [] : visible.filter(isOld).map(text),
      members: [],
    };
  }
  if (symbol.flags & ts.SymbolFlags.Class) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    const [declaration] = declarations.filter(ts.isClassDeclaration);
    const constructor = declaration?.members.find(ts.isConstructorDeclaration);
    return {
      ...base,
      kind: "class",
      signatures: constructor ? [signatureText(`new ${exported.name}`, constructor, checker)] : [],
      members: membersOf(type, checker).filter(({ symbol: member }) => !isOfTypeScript(member)),
    };
  }
  if (symbol.flags & ts.SymbolFlags.Variable) {
    const [declaration] = declarations;
    if (!declaration) throw new Error(`${exported.name} has no declaration`);
    const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
    const isObject = (type.flags & ts.TypeFlags.Object) !== 0;
    return {
      ...base,
      kind: "value",
      signatures: isObject ? [] : [checker.typeToString(type, declaration, FLAGS)],
      members: isObject ? membersOf(type, checker) : [],
    };
  }
  return { ...base, kind: "type", ...typeOf(symbol, checker) };
}

function typeOf(symbol: ts.Symbol, checker: ts.TypeChecker): Pick<Name, "signatures" | "members"> {
  const [declaration] = symbol.declarations ?? [];
  if (declaration && ts.isTypeAliasDeclaration(declaration)) {
    if (ts.isTypeLiteralNode(declaration.type))
      return { signatures: [], members: membersOf(checker.getDeclaredTypeOfSymbol(symbol), checker) };
    return { signatures: [plainText(declaration.type)], members: literalMembers(declaration.type, checker) };
  }
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  const calls = type.getCallSignatures().filter((call) => !call.getJsDocTags().some(({ name }) => name === "deprecated"));
  return { signatures: calls.map((call) => checker.signatureToString(call, declaration, FLAGS)), members: membersOf(type, checker) };
}

function isOfTypeScript(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).every((declaration) =>
    /typescript\/lib\/lib\.|@types\/node/.test(declaration.getSourceFile().fileName),
  );
}

function membersOf(type: ts.Type, checker: ts.TypeChecker): Member[] {
  return checker
    .getPropertiesOfType(type)
    .filter(({ name }) => !name.startsWith("~") && !name.startsWith("__"))
    .map((member) => memberOf(member, checker));
}

/** The fields of the object literals in a union or intersection; named parts of it are documented where they are declared. */
function literalMembers(node: ts.TypeNode, checker: ts.TypeChecker): Member[] {
  if (ts.isTypeLiteralNode(node))
    return node.members.flatMap((member) => {
      const symbol = member.name && checker.getSymbolAtLocation(member.name);
      return symbol ? [memberOf(symbol, checker)] : [];
    });
  if (ts.isParenthesizedTypeNode(node)) return literalMembers(node.type, checker);
  if (ts.isUnionTypeNode(node) || ts.isIntersectionTypeNode(node)) return node.types.flatMap((part) => literalMembers(part, checker));
  return [];
}

function memberOf(symbol: ts.Symbol, checker: ts.TypeChecker): Member {
  const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
  const type = declaration ? checker.getTypeOfSymbolAtLocation(symbol, declaration) : checker.getTypeOfSymbol(symbol);
  const written =
    declaration && (ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration)) ? declaration.type : undefined;
  return {
    name: symbol.name,
    optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0,
    type: written ? plainText(written) : checker.typeToString(type, declaration, FLAGS),
    doc: docOf(symbol, checker),
    own: isOwn(symbol),
    symbol,
  };
}

function parametersOf(declarations: readonly ts.Declaration[]): string {
  for (const declaration of declarations) {
    const list = (declaration as { readonly typeParameters?: ts.NodeArray<ts.TypeParameterDeclaration> }).typeParameters;
    if (list && !ts.isFunctionDeclaration(declaration)) return `<${list.map(plainText).join(", ")}>`;
  }
  return "";
}

function signatureText(name: string, declaration: ts.FunctionDeclaration | ts.ConstructorDeclaration, checker: ts.TypeChecker): string {
  const generics = declaration.typeParameters ? `<${declaration.typeParameters.map(plainText).join(", ")}>` : "";
  const parameters = declaration.parameters.map((parameter) => {
    const optional = parameter.questionToken !== undefined || parameter.initializer !== undefined ? "?" : "";
    const label = ts.isIdentifier(parameter.name) ? parameter.name.text : "options";
    return `${parameter.dotDotDotToken ? "..." : ""}${label}${optional}: ${parameter.type ? plainText(parameter.type) : "unknown"}`;
  });
  const signature = checker.getSignatureFromDeclaration(declaration);
  const returned = declaration.type
    ? plainText(declaration.type)
    : signature
      ? checker.typeToString(signature.getReturnType(), declaration, FLAGS)
      : "void";
  return `${name}${generics}(${parameters.join(", ")})${ts.isConstructorDeclaration(declaration) ? "" : `: ${returned}`}`;
}

const printer = ts.createPrinter({ removeComments: true, omitTrailingSemicolon: true });

/** A node without its comments, on one line. */
export function plainText(node: ts.Node): string {
  return printer
    .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    .replaceAll(/\s+/g, " ")
    .replaceAll("readonly ", "")
    .replace(/ \| undefined$/, "")
    .replace(/^\| /, "");
}

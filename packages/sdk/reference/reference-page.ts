/** `docs/reference/sdk.md`: the hand-written beginning, then every entry point with what it exports. */
import { relative } from "node:path";
import { PACKAGE, type Entry, type Member, type Name } from "./public-api.ts";

/** In this order; what stands in a file of the core belongs to the subject of that file. */
const SUBJECTS: readonly (readonly [string, RegExp])[] = [
  ["Assets", /\/definitions\/(asset|asset-type|multi-asset|observable-asset|source-asset|defaults|context|base-context|input)\.ts$/],
  ["Checks", /\/definitions\/check\.ts$/],
  ["What functions return", /\/values\/result\.ts$/],
  ["Metadata", /\/metadata\.ts$/],
  ["Partitions", /\/partitions(\/definition)?\.ts$/],
  ["Jobs and runs", /\/(job|run-config|run-request|tick-request)\.ts$/],
  ["Selections", /\/(select|builder)\.ts$/],
  ["Conditions and freshness", /\/options\/automation\.ts$/],
  ["Schedules", /\/schedule\.ts$/],
  ["Sensors", /\/automation\/(sensors\/[a-z-]+|file-sensor|file-requests|arrivals)\.ts$/],
  ["Resources and stored values", /\/(resource|io-manager|env-value|log)\.ts$/],
  ["Code locations", /\/(code-location|unit)\.ts$/],
  ["Times, retries and errors", /./],
];

export function referencePage(beginning: string, entries: readonly Entry[]): string {
  const links = linksOf(entries);
  const seen = new Set<Name["symbol"]>();
  const sections = entries.map((entry) => {
    const own = entry.names.filter(({ symbol }) => !seen.has(symbol));
    const again = entry.names.filter(({ symbol }) => seen.has(symbol));
    for (const { symbol } of own) seen.add(symbol);
    return section({ entry, own, again, links });
  });
  return `${beginning.trimEnd()}\n\n${sections.join("\n\n")}\n`;
}

interface Section {
  readonly entry: Entry;
  readonly own: readonly Name[];
  /** Names that an entry point above exports as well. */
  readonly again: readonly Name[];
  readonly links: ReadonlyMap<string, string>;
}

function section({ entry, own, again, links }: Section): string {
  const about = entry.about.replace(/^Entry point `[^`]+`[:,.]?\s*/, "").replace(/^`[^`]+`: /, "");
  const parts = [`## ${entry.specifier}`, ...(about === "" ? [] : [capitalized(about)])];
  if (entry.id !== "core") return [...parts, ...names(own, links), ...alsoHere(again, links)].join("\n\n");
  const subjects = bySubject(own);
  parts.push(
    subjects
      .map(
        ([subject]) =>
          `[${subject}](#${subject
            .toLowerCase()
            .replaceAll(/[^\w ]/g, "")
            .replaceAll(" ", "-")})`,
      )
      .join(" | "),
  );
  for (const [subject, list] of subjects) parts.push(`### ${subject}`, ...names(list, links));
  return parts.join("\n\n");
}

function bySubject(all: readonly Name[]): [string, Name[]][] {
  const groups = new Map<string, Name[]>(SUBJECTS.map(([subject]) => [subject, []]));
  for (const name of all) {
    const file = `/${relative(PACKAGE, name.symbol.declarations?.[0]?.getSourceFile().fileName ?? "")}`;
    const [subject = ""] = SUBJECTS.find(([, pattern]) => pattern.test(file)) ?? [];
    groups.get(subject)?.push(name);
  }
  return [...groups].filter(([, list]) => list.length > 0);
}

/** Functions and values first, each with its options; then the types that are no function's options. */
function names(list: readonly Name[], links: ReadonlyMap<string, string>): string[] {
  const calls = list.filter(({ kind, doc }) => kind !== "type" && doc.deprecated === null);
  const options = new Map(calls.map((call) => [call.name, optionsOf(call, list)]));
  const shown = new Set([...options.values()].filter((type) => type !== undefined).map(({ name }) => name));
  const types = list.filter(({ kind, name }) => kind === "type" && !shown.has(name));
  return [
    ...calls.map((call) => callText(call, options.get(call.name), links)),
    ...types.map((type) => typeText(type, links)),
    ...list.filter(({ doc }) => doc.deprecated !== null).map(({ name, doc }) => `\`${name}\` is deprecated. ${doc.deprecated}`),
  ];
}

/** The exported type of the options, when the function takes exactly these. */
function optionsOf({ kind, signatures }: Name, list: readonly Name[]): Name | undefined {
  if (kind !== "function") return undefined;
  const [, type] = OPTIONS.exec(signatures[0] ?? "") ?? [];
  const bound = BOUND_OF_O.exec(signatures[0] ?? "")?.[1];
  return list.find(({ name, members }) => name === (type === "O" ? bound : type) && members.length > 0);
}

const OPTIONS = /[(,] ?options\??: (\w+)/;
/** A function whose types depend on the given options has them as a type parameter. */
const BOUND_OF_O = /\bO extends (\w+)/;

function callText(call: Name, options: Name | undefined, links: ReadonlyMap<string, string>): string {
  const parts = [`#### ${call.name}`, call.doc.text];
  if (call.kind !== "value") parts.push(...call.signatures.map((text) => `\`${shortened(withOptions(withoutGenerics(text), options))}\``));
  parts.push(...call.doc.throws.map((text) => `Throws ${text}`));
  parts.push(...call.doc.examples.map((example) => `\`\`\`typescript\n${example}\n\`\`\``));
  if (call.kind === "value" || call.kind === "class") parts.push(...memberTable(call.members, links, "member"));
  else if (options) parts.push(`<a id="${anchorOf(options).slice(1)}"></a>`, ...memberTable(options.members, links, "option"));
  return parts.join("\n\n");
}

function withOptions(signature: string, options: Name | undefined): string {
  return options ? signature.replace(/\boptions(\??): O\b/, `options$1: ${options.name}`) : signature;
}

function typeText(type: Name, links: ReadonlyMap<string, string>): string {
  const alias = type.signatures.length > 0 && type.signatures.join("").length < 400 ? [`\`${type.signatures.join(" & ")}\``] : [];
  return [`#### type ${type.name}`, type.doc.text, ...alias, ...memberTable(type.members, links, "field")].join("\n\n");
}

function memberTable(members: readonly Member[], links: ReadonlyMap<string, string>, what: string): string[] {
  const rows = members
    .filter(({ doc }) => doc.text !== "" && doc.deprecated === null)
    .toSorted((a, b) => (what === "option" ? Number(a.optional) - Number(b.optional) : 0))
    .map((member) => {
      const { meaning, standard } = split(member.doc.text);
      const cells = [
        `\`${member.name}\``,
        typeCell(member.type, links),
        ...(what === "option" ? [member.optional ? standard : "required"] : []),
      ];
      return `| ${cells.join(" | ")} | ${escaped(what === "option" ? meaning : member.doc.text)} |`;
    });
  if (rows.length === 0) return [];
  const head =
    what === "option"
      ? "| option | type | default | meaning |\n| --- | --- | --- | --- |"
      : `| ${what} | type | meaning |\n| --- | --- | --- |`;
  return [`${head}\n${rows.join("\n")}`];
}

/** The default stands in a column of its own. */
function split(text: string): { readonly meaning: string; readonly standard: string } {
  const [sentence = "", standard = ""] = / ?\bDefault:? ((?:[^.]|\.(?!\s|$))+)\.(?=\s|$)/.exec(text) ?? [];
  return { meaning: text.replace(sentence, "").trim(), standard: escaped(standard) };
}

function typeCell(type: string, links: ReadonlyMap<string, string>): string {
  const target = links.get(/^\w+/.exec(type)?.[0] ?? "");
  const text = `\`${escaped(shortened(type))}\``;
  return target !== undefined && /^\w+(<[^()]*>)?$/.test(type) ? `[${text}](${target})` : text;
}

/** The type parameters of a function carry types from its options to its result; a reader sees them in the result. */
function withoutGenerics(signature: string): string {
  const start = signature.indexOf("<");
  const bracket = signature.indexOf("(");
  if (start < 0 || bracket < start) return signature;
  let depth = 0;
  for (let index = start; index < signature.length; index++) {
    if (signature[index] === "<") depth++;
    // An arrow is no bracket.
    else if (signature[index] === ">" && signature[index - 1] !== "=") depth--;
    if (depth === 0) return signature.slice(0, start) + signature.slice(index + 1);
  }
  return signature;
}

function shortened(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 157)}...`;
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}

function anchorOf({ name, kind }: Name): string {
  return `#${kind === "type" ? "type-" : ""}${name.toLowerCase()}`;
}

function linksOf(entries: readonly Entry[]): ReadonlyMap<string, string> {
  const links = new Map<string, string>();
  for (const { names: list } of entries)
    for (const name of list) {
      const isShownWithFunction = list.some((call) => optionsOf(call, list) === name);
      if (!links.has(name.name) && !isShownWithFunction && name.doc.deprecated === null) links.set(name.name, anchorOf(name));
    }
  return links;
}

function alsoHere(again: readonly Name[], links: ReadonlyMap<string, string>): string[] {
  if (again.length === 0) return [];
  return [`Also exported here: ${again.map(({ name }) => `[\`${name}\`](${links.get(name) ?? "#headgatesdk"})`).join(", ")}.`];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

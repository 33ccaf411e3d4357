/**
 * Refuses options that a definition does not have and values of another kind, at the user's line. The types refuse them as well, but code
 * is published without a compiler, and an option that is ignored in silence shows itself only when data is missing.
 */
import { nearestKeys } from "@headgate/shared/domain/asset-key.ts";
import { DURATION_FORMS } from "./duration.ts";

const KINDS = {
  text: { form: "a text", fits: (value: unknown) => typeof value === "string" },
  number: { form: "a number", fits: (value: unknown) => typeof value === "number" },
  boolean: { form: "true or false", fits: (value: unknown) => typeof value === "boolean" },
  function: { form: "a function", fits: (value: unknown) => typeof value === "function" },
  list: { form: "a list [...]", fits: Array.isArray },
  object: { form: "an object { ... }", fits: isObject },
  duration: { form: DURATION_FORMS, fits: (value: unknown) => typeof value === "number" || typeof value === "string" },
  /** The code that reads it says what is wrong with it. */
  any: { form: "", fits: () => true },
} as const;

type Kind = keyof typeof KINDS;

interface Shape {
  /** The values that the option may have. */
  readonly oneOf?: readonly string[];
  /** The options of an object. */
  readonly options?: Readonly<Record<string, Rule>>;
  /** The options of each value of an object. */
  readonly each?: Readonly<Record<string, Rule>>;
  /** An object is checked, any other value of these kinds is taken. */
  readonly or?: readonly Kind[];
}

type Rule = Kind | readonly Kind[] | Shape;

/** One rule for each option of `O`, so that the compiler asks for a rule when an option is added. */
export type OptionRules<O> = { readonly [N in keyof Required<O>]: Rule };

export interface Definer {
  /** The name of the function that the user calls: `defineAsset`. */
  readonly call: string;
  /** The function itself, so that the error is at the user's line. */
  readonly definer: (...args: never[]) => unknown;
  /** What is defined, for the error: `Asset`. */
  readonly what: string;
  /** Options without which there is nothing to define. */
  readonly needs?: readonly string[];
}

/** Throws a `TypeError` that names everything that is wrong with the options, and what to write instead. */
export function checkOptions<O>(options: unknown, rules: OptionRules<O>, { call, definer, what, needs = [] }: Definer): void {
  const faults = isObject(options)
    ? [...faultsOf(options, rules, ""), ...needs.flatMap((name) => missing(options, name, rules))]
    : [`the options are ${whatIs(options)}, not an object. Write ${call}({ ... }).`];
  if (faults.length === 0) return;
  const error = new TypeError(`${what}${nameIn(options)}: ${faults.join(" ")}`);
  Error.captureStackTrace(error, definer);
  throw error;
}

function nameIn(options: unknown): string {
  if (!isObject(options)) return "";
  const name = options["key"] ?? options["name"];
  return typeof name === "string" ? ` "${name}"` : "";
}

function faultsOf(options: Readonly<Record<string, unknown>>, rules: Readonly<Record<string, Rule>>, path: string): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
    if (rule === undefined) return [unknownOption(name, { known: Object.keys(rules), path })];
    return value === undefined ? [] : faultsOfValue(value, rule, `${path}${name}`);
  });
}

function missing<O>(options: Readonly<Record<string, unknown>>, name: string, rules: OptionRules<O>): string[] {
  if (options[name] !== undefined) return [];
  const rule = Object.entries<Rule>(rules).find(([option]) => option === name)?.[1];
  return [`'${name}' is missing, and must be ${rule === undefined ? "given" : formOf(rule)}.`];
}

function formOf(rule: Rule): string {
  if (typeof rule === "string") return KINDS[rule].form;
  return isKinds(rule) ? rule.map((kind) => KINDS[kind].form).join(" or ") : KINDS.object.form;
}

function faultsOfValue(value: unknown, rule: Rule, path: string): string[] {
  if (typeof rule === "string") return faultsOfValue(value, [rule], path);
  if (isKinds(rule)) {
    if (rule.some((kind) => KINDS[kind].fits(value))) return [];
    return [`'${path}' is ${whatIs(value)}, and must be ${formOf(rule)}.`];
  }
  if (rule.oneOf !== undefined) {
    if (typeof value === "string" && rule.oneOf.includes(value)) return [];
    return [`'${path}' is ${JSON.stringify(value) ?? whatIs(value)}, and must be ${alternatives(rule.oneOf)}.${meant(value, rule.oneOf)}`];
  }
  if (!isObject(value)) return faultsOfValue(value, [...(rule.or ?? []), "object"], path);
  const { each } = rule;
  if (each === undefined) return faultsOf(value, rule.options ?? {}, `${path}.`);
  return Object.entries(value).flatMap(([name, entry]) =>
    isObject(entry) ? faultsOf(entry, each, `${path}.${name}.`) : faultsOfValue(entry, ["object"], `${path}.${name}`),
  );
}

function isKinds(rule: Rule): rule is readonly Kind[] {
  return Array.isArray(rule);
}

function unknownOption(name: string, { known, path }: { readonly known: readonly string[]; readonly path: string }): string {
  const nearest = nearestOption(name, known);
  const advice = nearest === undefined ? `The options are ${known.join(", ")}.` : `Did you mean '${path}${nearest}'?`;
  return `there is no option '${path}${name}'. ${advice}`;
}

/** How other tools name the option. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  dependencies: ["deps"],
  dependson: ["deps"],
  upstream: ["deps"],
  fn: ["run", "evaluate"],
  func: ["run", "evaluate"],
  function: ["run", "evaluate"],
  compute: ["run"],
  execute: ["run", "evaluate"],
  handler: ["run", "evaluate"],
  materialize: ["run"],
  name: ["key"],
  id: ["key", "name"],
  groupname: ["group"],
  partitionsdef: ["partitions"],
  retrypolicy: ["retry"],
  automationcondition: ["automation"],
  freshnesspolicy: ["freshness"],
  resources: ["requires"],
  requiredresourcekeys: ["requires"],
  assetselection: ["selection"],
  assets: ["selection"],
  select: ["selection"],
  cronschedule: ["cron"],
  schedule: ["cron"],
  executiontimezone: ["timezone"],
  tz: ["timezone"],
  interval: ["every"],
  minimumintervalseconds: ["every"],
  monitoredassets: ["assets"],
  projectdir: ["dir"],
  retries: ["retry", "maxRetries"],
};

function nearestOption(name: string, known: readonly string[]): string | undefined {
  const plain = name.toLowerCase().replaceAll(/[_-]/g, "");
  return (
    known.find((option) => option.toLowerCase() === plain) ??
    OTHER_NAMES[plain]?.find((option) => known.includes(option)) ??
    nearestKeys(plain, known, 1)[0] ??
    // Two thirds of the word are its beginning: maxRetry.
    known.find((option) => plain.length > 3 && option.toLowerCase().startsWith(plain.slice(0, Math.ceil((plain.length * 2) / 3))))
  );
}

function meant(value: unknown, values: readonly string[]): string {
  const [nearest] = typeof value === "string" ? nearestKeys(value, values, 1) : [];
  return nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
}

function alternatives(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(" or ");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function whatIs(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 100))}`;
  if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

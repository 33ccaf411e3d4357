/** The reference of all procedures as Markdown: for each noun a table, and what each procedure takes and answers in the notation of TypeScript. */
import { z } from "zod";
import type { Procedure } from "../src/contract/procedure.ts";
import { PROCEDURE_NAMES, PROCEDURES } from "../src/contract/table.ts";
import { metadataSchema, metadataValueSchema } from "../src/manifest/metadata.ts";
import { loadErrorSchema, partitionsSchema } from "../src/manifest/schema.ts";
import { sensorEventSchema } from "../src/sensor/event-schema.ts";
import { failureSchema } from "../src/protocol/step-event.ts";
import { type Schema, spaced, typeText } from "./type-text.test-support.ts";

/** Schemas of the manifest and the protocol, which have no name there. */
const NAMED = new Map<unknown, string>([
  [metadataSchema, "Metadata"],
  [metadataValueSchema, "MetadataValue"],
  [failureSchema, "Failure"],
  [partitionsSchema, "PartitionsDefinition"],
  [sensorEventSchema, "SensorEvent"],
  [loadErrorSchema, "LoadError"],
]);

export function procedureReference(): string {
  const types = new Map<string, string>();
  for (const [schema, name] of NAMED) types.set(name, typeOf(schema as z.ZodType, "output", types));
  const nouns = Map.groupBy(PROCEDURE_NAMES, (name) => name.split(".")[0] ?? "");
  const sections = [...nouns].map(([noun, names]) => {
    const rows = names.map(
      (name) => `| \`${name}\` | ${PROCEDURES[name].kind} | \`${PROCEDURES[name].role}\` | ${PROCEDURES[name].summary} |`,
    );
    const signatures = names.map((name) => signature(name, PROCEDURES[name], types));
    return [
      `### ${noun}`,
      "",
      "| procedure | kind | role | what |",
      "| --- | --- | --- | --- |",
      ...rows,
      "",
      "```text",
      ...signatures,
      "```",
      "",
    ];
  });
  const shapes = [...types].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => `${name} =${spaced(text)}`);
  return [
    "## All procedures",
    "",
    "Each procedure with the input that it takes and the type of its answer. A `?` marks fields that may be missing. Times are milliseconds since the epoch.",
    "",
    ...sections.flat(),
    "### Types of answers",
    "",
    "```text",
    "Page<T> = { items: T[]; next: string | null }",
    ...shapes,
    "```",
    "",
  ].join("\n");
}

function signature(name: string, row: Procedure, types: Map<string, string>): string {
  const input = row.input === null ? "" : typeOf(row.input, "input", types);
  return `${name}(${input}): ${typeOf(row.output, "output", types)}`;
}

/** The text of a type; the named types in it are added to `types`. */
function typeOf(schema: z.ZodType, io: "input" | "output", types: Map<string, string>): string {
  const read = json(schema, io);
  const defs = read.$defs ?? {};
  for (const [name, definition] of Object.entries(defs))
    if (!name.startsWith("__")) types.set(name, typeText(definition, { defs, own: name }));
  const name = z.globalRegistry.get(schema)?.id;
  const text = typeText(read, { defs, own: name ?? "" });
  if (name === undefined) return text;
  types.set(name, text);
  return name;
}

function json(schema: z.ZodType, io: "input" | "output"): Schema {
  const made: unknown = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override({ zodSchema, jsonSchema, path }) {
      const name = NAMED.get(zodSchema);
      if (name === undefined || path.length === 0) return;
      for (const key of Object.keys(jsonSchema)) delete jsonSchema[key as keyof typeof jsonSchema];
      jsonSchema.$ref = name;
    },
  });
  return made as Schema;
}

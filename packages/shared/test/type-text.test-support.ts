/** The type that a JSON Schema describes, in the notation of TypeScript. */
export interface Schema {
  readonly id?: string;
  readonly $schema?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly default?: unknown;
}

export interface TypeContext {
  readonly defs: Readonly<Record<string, Schema>>;
  /** The name of the type that is described; a schema that refers to itself means this one. */
  readonly own: string;
}

const INDENT = "  ";
const LINE = 120;

export function typeText(schema: Schema, context: TypeContext, indent = ""): string {
  if (schema.$ref !== undefined) return refText(schema.$ref, context, indent);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined)
    return union(
      schema.enum.map((value) => JSON.stringify(value)),
      indent,
    );
  const choices = choicesOf(schema);
  if (choices !== undefined) return union([...new Set(choices.map((choice) => typeText(choice, context, `${indent}${INDENT}`)))], indent);
  switch (schema.type) {
    case "integer":
      return "number";
    case "array": {
      const item = typeText(schema.items ?? {}, context, indent);
      return item.includes(" | ") && !item.startsWith("{") ? `(${item})[]` : `${item}[]`;
    }
    case "object":
      return objectText(schema, context, indent);
    case undefined:
      return "unknown";
    default:
      return schema.type;
  }
}

/** A union of unions is one union. */
function choicesOf(schema: Schema): readonly Schema[] | undefined {
  return (schema.anyOf ?? schema.oneOf)?.flatMap((choice) => choicesOf(choice) ?? [choice]);
}

function union(texts: readonly string[], indent: string): string {
  const short = texts.join(" | ");
  if (indent.length + short.length <= LINE && !short.includes("\n")) return short;
  return texts.map((text) => `\n${indent}${INDENT}| ${text}`).join("");
}

function refText(ref: string, context: TypeContext, indent: string): string {
  const name = ref.split("/").at(-1) ?? "";
  if (name === "#") return context.own;
  const target = context.defs[name];
  if (!name.startsWith("__") || target === undefined) return name;
  // A schema without a name of its own is written out once; where it meets itself again it is the type around it.
  const { [name]: _, ...others } = context.defs;
  return typeText(target, { ...context, defs: { ...others, [name]: { $ref: "#" } } }, indent);
}

/** A union over several lines begins with its line break. */
export function spaced(text: string): string {
  return text.startsWith("\n") ? text : ` ${text}`;
}

function objectText(schema: Schema, context: TypeContext, indent: string): string {
  const { properties, required = [], additionalProperties } = schema;
  if (properties === undefined)
    return typeof additionalProperties === "object"
      ? `Record<string,${spaced(typeText(additionalProperties, context, indent))}>`
      : "Record<string, unknown>";
  if (Object.keys(properties).join() === "items,next") return `Page<${typeText(properties["items"]?.items ?? {}, context, indent)}>`;
  const deeper = `${indent}${INDENT}`;
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = required.includes(name) ? "" : "?";
    const standard = field.default === undefined ? "" : ` /* default ${JSON.stringify(field.default)} */`;
    const text = typeText(field, context, deeper);
    return `${name}${optional}:${spaced(text)}${standard}`;
  });
  const short = `{ ${fields.join("; ")} }`;
  if (indent.length + short.length <= LINE && !short.includes("\n")) return short;
  return `{\n${fields.map((field) => `${deeper}${field};\n`).join("")}${indent}}`;
}

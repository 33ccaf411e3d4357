/** Checks requests and answers against an OpenAPI description: what does not fit is a violation, on whichever side. */
import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Operation, Paths } from "./airbyte-openapi.test-support.ts";

export interface Call {
  readonly operation: Operation;
  /** Of path and query, as their schemas type them, with defaults. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** A request as it came, or why it is none of the description. */
export type Read = { readonly call: Call } | { readonly status: 400 | 404; readonly reason: string };

const FORM = "application/x-www-form-urlencoded";

export interface RawRequest {
  readonly method: string;
  readonly url: URL;
  readonly contentType: string | undefined;
  readonly text: string;
}

export function createContract(paths: Paths) {
  const ajv = new Ajv2020({ allErrors: true, strict: false, coerceTypes: true, useDefaults: true });
  formats.default(ajv);
  const exact = new Ajv2020({ allErrors: true, strict: false });
  formats.default(exact);
  const compiled = new Map<object, ValidateFunction>();
  const reasonOf = (schema: object, value: unknown, engine: Ajv2020): string | null => {
    const validate = compiled.get(schema) ?? engine.compile(schema);
    compiled.set(schema, validate);
    return validate(value) ? null : engine.errorsText(validate.errors);
  };

  return {
    readRequest({ method, url, contentType, text }: RawRequest): Read {
      const found = findOperation(paths, method.toLowerCase(), url.pathname);
      if (!found) return { status: 404, reason: `no operation ${method} ${url.pathname}` };
      const { operation, path } = found;
      const known = operation.parameters ?? [];
      const parameters: Record<string, unknown> = { ...Object.fromEntries(url.searchParams), ...path };
      for (const { name, schema } of known)
        if ("type" in schema && schema.type === "array" && url.searchParams.has(name)) parameters[name] = url.searchParams.getAll(name);
      const stranger = Object.keys(parameters).find((name) => !known.some((parameter) => parameter.name === name));
      if (stranger !== undefined) return { status: 400, reason: `no parameter ${stranger}` };
      const reason = reasonOf(parametersSchema(operation), parameters, ajv);
      if (reason !== null) return { status: 400, reason };
      const type = contentType?.split(";")[0]?.trim() === FORM ? FORM : "application/json";
      const schema = operation.requestBody?.content[type]?.schema;
      const body: unknown = text === "" ? undefined : type === FORM ? Object.fromEntries(new URLSearchParams(text)) : JSON.parse(text);
      const bodyReason = schema === undefined ? (body === undefined ? null : "a body was sent") : reasonOf(schema, body, exact);
      return bodyReason === null ? { call: { operation, parameters, body } } : { status: 400, reason: bodyReason };
    },
    /** Null: the answer is as documented. */
    answerReason({ responses }: Operation, status: number, answer: unknown): string | null {
      const response = responses[status] ?? responses[`${Math.floor(status / 100)}XX`];
      if (!response) return `no answer ${status}`;
      const schema = response.content?.["application/json"]?.schema;
      return schema === undefined ? null : reasonOf(schema, answer, exact);
    },
  };
}

const schemas = new Map<Operation, object>();
function parametersSchema(operation: Operation): object {
  const known = operation.parameters ?? [];
  const schema = schemas.get(operation) ?? {
    type: "object",
    properties: Object.fromEntries(known.map(({ name, schema: each }) => [name, each])),
    required: known.filter(({ required }) => required === true).map(({ name }) => name),
  };
  schemas.set(operation, schema);
  return schema;
}

function findOperation(paths: Paths, method: string, pathname: string) {
  for (const [template, operations] of Object.entries(paths)) {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const match = new RegExp(`^${template.replaceAll(/\{\w+\}/g, "([^/]+)")}$`).exec(pathname);
    const operation = operations[method];
    if (match && operation) return { operation, path: Object.fromEntries(names.map((name, index) => [name, match[index + 1]])) };
  }
  return null;
}

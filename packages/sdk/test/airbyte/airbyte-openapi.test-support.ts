/**
 * The part of Airbyte's public API that the SDK uses. Its jobs come from `published-contract.json`, which is generated from Airbyte's own
 * client (see `official-client.engine.test.ts`), and that from the description that Airbyte publishes. By hand is only what the client's
 * code does not say: narrower values, and how an access token is got.
 */
import type { AirbyteJobStatus, AirbyteJobType } from "@headgate/sdk/airbyte";
import published from "./published-contract.json" with { type: "json" };

export interface Operation {
  readonly operationId: "createAccessToken" | "listJobs" | "createJob" | "getJob" | "cancelJob";
  /** An empty list: open to everybody. */
  readonly security?: readonly [];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: object }[];
  readonly requestBody?: { readonly content: Content };
  /** By status, or by range as `4XX`; one with a body of JSON when `content` is there. */
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: object }>>;
export type Paths = Readonly<Record<string, Readonly<Record<string, Operation>>>>;

interface Narrowing {
  readonly because: string;
  /** Schemas: `<model>.<field>`, `<operation>?<parameter>`, `[]` for the entries of a list, or a whole model. */
  readonly of: readonly string[];
  readonly to: object;
}

const NARROWED: readonly Narrowing[] = [
  {
    because: "the API's ids are UUIDs, which the client takes as text",
    of: ["JobResponse.connectionId", "JobCreateRequest.connectionId", "listJobs?connectionId", "listJobs?workspaceIds[]"],
    to: { format: "uuid" },
  },
  {
    because: "the API counts in 64 bits and never below zero; what JavaScript cannot hold exactly must not get into a test by accident",
    of: ["JobResponse.jobId", "JobResponse.bytesSynced", "JobResponse.rowsSynced", "getJob?jobId", "cancelJob?jobId"],
    to: { minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
  },
  { because: "the API names its format in prose", of: ["JobResponse.duration"], to: { format: "duration" } },
  { because: "the API limits a page, the client's code does not know it", of: ["listJobs?limit"], to: { minimum: 1, maximum: 100 } },
  { because: "the API has no page before the first", of: ["listJobs?offset"], to: { minimum: 0 } },
  { because: "the API wants a field and a direction", of: ["listJobs?orderBy"], to: { pattern: "^(createdAt|updatedAt)\\|(ASC|DESC)$" } },
  {
    because: "the API ignores what it does not know, and so would hide a misspelled field of ours",
    of: ["JobCreateRequest"],
    to: { additionalProperties: false },
  },
];

const tokenRequest = {
  type: "object",
  required: ["client_id", "client_secret"],
  properties: {
    client_id: { type: "string" },
    client_secret: { type: "string" },
    // Airbyte's server reads the first spelling, its own client sends the second.
    "grant-type": { const: "client_credentials" },
    grant_type: { const: "client_credentials" },
  },
  additionalProperties: false,
};
const tokenAnswer = {
  type: "object",
  required: ["access_token", "token_type", "expires_in"],
  properties: { access_token: { type: "string" }, token_type: { const: "Bearer" }, expires_in: { type: "integer", minimum: 0 } },
};
const createAccessToken: Operation = {
  operationId: "createAccessToken",
  security: [],
  requestBody: {
    content: { "application/json": { schema: tokenRequest }, "application/x-www-form-urlencoded": { schema: tokenRequest } },
  },
  responses: { "200": { content: { "application/json": { schema: tokenAnswer } } }, "4XX": {} },
};

export const JOB_STATUSES = published.components.schemas.JobStatusEnum.enum as readonly AirbyteJobStatus[];
export const JOB_TYPES = published.components.schemas.JobTypeEnum.enum as readonly AirbyteJobType[];
export const airbytePaths: Paths = {
  [published.components.securitySchemes.clientCredentials.flows.clientCredentials.tokenUrl]: { post: createAccessToken },
  ...narrowed(),
};

function narrowed(): Paths {
  const { paths, components } = structuredClone(published) as unknown as { paths: Paths; components: { schemas: Record<string, Schema> } };
  for (const { of, to } of NARROWED) for (const place of of) narrow(schemaAt(place, paths, components.schemas), to, place);
  return resolved(paths, components.schemas) as Paths;
}

interface Schema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly items?: object;
}

function schemaAt(place: string, paths: Paths, models: Readonly<Record<string, Schema>>): object | undefined {
  const [, name = "", field, parameter, entries] = /^(\w+)(?:\.(\w+)|\?(\w+))?(\[\])?$/.exec(place) ?? [];
  const operations = Object.values(paths).flatMap((path) => Object.values(path));
  const found: Schema | undefined =
    parameter === undefined
      ? field === undefined
        ? models[name]
        : models[name]?.properties?.[field]
      : operations.find(({ operationId }) => operationId === name)?.parameters?.find((each) => each.name === parameter)?.schema;
  return entries === undefined ? found : found?.items;
}

/** A narrowing that the published contract has no place for any more, or makes itself by now, is out of date. */
function narrow(schema: object | undefined, to: object, place: string): void {
  if (!schema) throw new Error(`Airbyte's published contract has no ${place}`);
  const known = Object.keys(to).find((keyword) => keyword in schema);
  if (known !== undefined) throw new Error(`Airbyte's published contract says "${known}" of ${place} itself`);
  Object.assign(schema, to);
}

function resolved(value: unknown, models: Readonly<Record<string, Schema>>): unknown {
  if (Array.isArray(value)) return value.map((each) => resolved(each, models));
  if (typeof value !== "object" || value === null) return value;
  if ("$ref" in value) return resolved(models[String(value.$ref).replace("#/components/schemas/", "")], models);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, models)]));
}

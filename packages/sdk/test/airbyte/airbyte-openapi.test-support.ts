/**
 * The part of Airbyte's public API that the SDK uses, as an OpenAPI 3.1 description in our own words: paths, parameters, fields, types and
 * limits are those that Airbyte publishes (`api_documentation_jobs.yaml`, `api_documentation_applications.yaml`).
 */
const uuid = { type: "string", format: "uuid" } as const;
const dateTime = { type: "string", format: "date-time" } as const;
const status = { type: "string", enum: ["pending", "queued", "running", "incomplete", "failed", "succeeded", "cancelled"] } as const;
const jobType = { type: "string", enum: ["sync", "reset", "refresh", "clear"] } as const;
const int64 = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;

const job = {
  type: "object",
  required: ["jobId", "status", "jobType", "startTime", "connectionId"],
  properties: {
    jobId: int64,
    status,
    jobType,
    startTime: { type: "string" },
    connectionId: uuid,
    lastUpdatedAt: { type: "string" },
    duration: { type: "string", format: "duration" },
    bytesSynced: int64,
    rowsSynced: int64,
  },
} as const;

const tokenRequest = {
  type: "object",
  required: ["client_id", "client_secret"],
  properties: {
    client_id: { type: "string" },
    client_secret: { type: "string" },
    // Published with both spellings: Airbyte's server reads the first, its own client sends the second.
    "grant-type": { const: "client_credentials" },
    grant_type: { const: "client_credentials" },
  },
  additionalProperties: false,
} as const;

const json = (schema: object) => ({ content: { "application/json": { schema } } });
const query = (name: string, schema: object) => ({ name, in: "query", schema });

export interface Operation {
  readonly operationId: "createAccessToken" | "listJobs" | "createJob" | "getJob" | "cancelJob";
  /** An empty list: open to everybody. */
  readonly security?: readonly [];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: object }[];
  readonly requestBody?: {
    readonly content: {
      readonly "application/json": { readonly schema: object };
      readonly "application/x-www-form-urlencoded"?: { readonly schema: object };
    };
  };
  readonly responses: { readonly "200": { readonly content: { readonly "application/json": { readonly schema: object } } } };
}

const jobId = { name: "jobId", in: "path", required: true, schema: int64 };

export const airbyteApi = {
  openapi: "3.1.0",
  paths: {
    "/applications/token": {
      post: {
        operationId: "createAccessToken",
        security: [],
        requestBody: {
          content: { "application/json": { schema: tokenRequest }, "application/x-www-form-urlencoded": { schema: tokenRequest } },
        },
        responses: {
          "200": json({
            type: "object",
            required: ["access_token", "token_type", "expires_in"],
            properties: { access_token: { type: "string" }, token_type: { const: "Bearer" }, expires_in: int64 },
          }),
        },
      },
    },
    "/jobs": {
      get: {
        operationId: "listJobs",
        parameters: [
          query("connectionId", uuid),
          query("workspaceIds", { type: "array", items: uuid }),
          query("jobType", jobType),
          query("status", status),
          query("createdAtStart", dateTime),
          query("createdAtEnd", dateTime),
          query("updatedAtStart", dateTime),
          query("updatedAtEnd", dateTime),
          query("orderBy", { type: "string", pattern: "^\\w+\\|(ASC|DESC)$" }),
          query("limit", { type: "integer", minimum: 1, maximum: 100, default: 20 }),
          query("offset", { type: "integer", minimum: 0, default: 0 }),
        ],
        responses: {
          "200": json({
            type: "object",
            required: ["data"],
            properties: { data: { type: "array", items: job }, next: { type: "string" }, previous: { type: "string" } },
          }),
        },
      },
      post: {
        operationId: "createJob",
        requestBody: json({
          type: "object",
          required: ["connectionId", "jobType"],
          properties: { connectionId: uuid, jobType },
          additionalProperties: false,
        }),
        responses: { "200": json(job) },
      },
    },
    "/jobs/{jobId}": {
      get: { operationId: "getJob", parameters: [jobId], responses: { "200": json(job) } },
      delete: { operationId: "cancelJob", parameters: [jobId], responses: { "200": json(job) } },
    },
  } satisfies Record<string, Record<string, Operation>>,
};

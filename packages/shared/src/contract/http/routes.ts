/**
 * The plain HTTP routes beside tRPC, in one place for both ends. `dep` is `<org>/<deployment>`.
 *
 * | route | who | what |
 * | --- | --- | --- |
 * | GET  /_app/* | anyone | the dashboard's files; one of another build answers 404 |
 * | GET  /healthz | anyone | `{ok:true, version}` |
 * | POST /api/v1/bootstrap | bearer = the operator's bootstrap secret | makes what is missing of organization, deployment and owner; see BootstrapRequest |
 * | GET  /login/:token | one-time link | a page with a button that asks before the browser is signed in |
 * | POST /login/:token | one-time link | sets the session cookie, redirects to `/<org>/<deployment>` |
 * | POST /api/v1/login-links | owner's or admin's API token | `{url}`: a new one-time link |
 * | POST /api/v1/logout | session | |
 * | GET  /api/v1/session | session or API token | SessionView |
 * | GET  /api/:org/:dep/definitions/:hash | viewer | DefinitionsDocument, immutable |
 * | GET  /api/:org/:dep/live | viewer, WebSocket | see contract/live/messages.ts |
 * | POST /api/:org/:dep/trpc/* | per procedure | tRPC |
 * | POST /api/:org/:dep/locations/:name/versions | editor | body Manifest -> `{version, number, missing: sha256[], active: boolean}` |
 * | PUT  /api/:org/:dep/blobs/:sha256 | editor | stores one blob, checked against its hash |
 * | POST /api/:org/:dep/blobs | editor | stores many small ones, see blob-batch.ts |
 * | POST /api/:org/:dep/locations/:name/versions/:id/activate | editor | 200 VersionView; 409 when blobs are missing |
 * | POST /api/:org/:dep/locations/:name/errors | editor | body `{errors: LoadError[]}`: the newest code does not load |
 * | GET  /api/:org/:dep/runs/:run/logs/:step/:attempt/:stream | viewer | raw output as text/plain, `?offset=` in bytes |
 * | GET  /agent/v1/connect | agent or attempt token, WebSocket | see protocol/ |
 * | GET  /agent/v1/versions/:location/:version | agent token; attempt token: its own version | Manifest |
 * | GET  /agent/v1/blobs/:sha256 | agent or attempt token | one blob |
 * | POST /agent/v1/blobs | agent or attempt token | body `{blobs: sha256[]}`: many small ones, see blob-batch.ts |
 * | PUT  /agent/v1/logs/:run/:step/:attempt/:stream/:chunk?offset=N[&final=1] | agent token; attempt token: its own attempt | gzip chunk of raw output |
 * | POST /agent/v1/attempt-token | agent token; attempt token: its own attempt | AttemptRef -> AttemptTokenAnswer, see protocol/attempt.ts |
 * | POST /agent/v1/attempt-end | agent token | AttemptEnd -> AttemptEndAnswer |
 * | POST /agent/v1/attempt-waits | agent token | AttemptWaits -> AttemptWaitsAnswer |
 *
 * Errors are `{error: ErrorBody}` with the matching status.
 */
export const SESSION_COOKIE = "headgate_session";
export const MAX_BLOB_BYTES = 90 * 1024 * 1024;

export function deploymentPath(deployment: { readonly org: string; readonly name: string }, path: string): string {
  return `/api/${encodeURIComponent(deployment.org)}/${encodeURIComponent(deployment.name)}${path}`;
}

/**
 * Body of POST /api/v1/bootstrap. Repeating it changes nothing that exists: organization, deployment and user are found by name, and
 * every call makes a fresh one-time login link. Tokens are made on the first call for a deployment; afterwards only when asked with
 * `tokens: "new"` (for a caller that lost them), which leaves the older ones valid.
 */
export interface BootstrapRequest {
  readonly organization: string;
  readonly deployment: string;
  readonly user: { readonly name: string; readonly email?: string | undefined };
  readonly tokens?: "new" | undefined;
}
/** Tokens are shown only in the answer of the call that makes them; null: made by an earlier call. */
export interface BootstrapAnswer {
  readonly agentToken: string | null;
  readonly apiToken: string | null;
  readonly loginUrl: string;
}

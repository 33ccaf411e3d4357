/** A client of the Worker: requests with a token, a session or nothing, as they come over the network. */
import { exports } from "cloudflare:workers";
import type { ErrorBody } from "@headgate/shared/domain/errors.ts";
import { SESSION_COOKIE } from "@headgate/shared/contract/http/routes.ts";

export const HOST = "https://headgate.test";

export interface Credentials {
  readonly token?: string;
  readonly cookie?: string;
  /** By default what a browser or a program would send: Headgate's origin with a cookie, none with a token. */
  readonly origin?: string | null;
}

export interface Call {
  readonly method?: string;
  readonly path: string;
  readonly as?: Credentials | undefined;
  readonly json?: unknown;
  readonly body?: BodyInit;
  readonly headers?: Record<string, string>;
}

export function call({ method = "GET", path, as = {}, json, body, headers = {} }: Call): Promise<Response> {
  const all = new Headers(headers);
  if (as.token !== undefined) all.set("authorization", `Bearer ${as.token}`);
  if (as.cookie !== undefined) all.set("cookie", `__Host-${SESSION_COOKIE}=${as.cookie}`);
  const origin = as.origin === undefined && as.cookie !== undefined ? HOST : as.origin;
  if (origin) all.set("origin", origin);
  if (json !== undefined) all.set("content-type", "application/json");
  const sent = json === undefined ? body : JSON.stringify(json);
  return exports.default.fetch(
    new Request(`${HOST}${path}`, { method, headers: all, redirect: "manual", ...(sent !== undefined && { body: sent }) }),
  );
}

export async function errorOf(response: Response): Promise<ErrorBody> {
  const { error } = await response.json<{ error: ErrorBody }>();
  return error;
}

/** The session secret of a Set-Cookie header. */
export function cookieOf(response: Response): string {
  const [, secret] = new RegExp(`${SESSION_COOKIE}=([^;]+)`).exec(response.headers.get("set-cookie") ?? "") ?? [];
  if (secret === undefined) throw new Error("the answer sets no session cookie");
  return secret;
}

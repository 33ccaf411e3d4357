/** Plain HTTP calls with a bearer token. Every failure is an `AppError`. */
import { codeOfStatus, errorBodyOf } from "@headgate/shared/contract/http/http-errors.ts";
import { AppError, type ErrorBody } from "@headgate/shared/domain/errors.ts";

export interface HttpApi {
  json<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
  /** Sends bytes and ignores the body of the answer. */
  send(method: "POST" | "PUT", path: string, body: Uint8Array<ArrayBuffer>): Promise<void>;
  text(path: string): Promise<string>;
}

interface Request {
  readonly method: "GET" | "POST" | "PUT";
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly contentType?: string;
}

export function httpApi({ url, token }: { readonly url: string; readonly token: string }): HttpApi {
  const send = async (path: string, init: Request): Promise<Response> => {
    let response: Response;
    try {
      const { method, body } = init;
      response = await fetch(`${url}${path}`, {
        method,
        ...(body !== undefined && { body }),
        headers: { authorization: `Bearer ${token}`, ...(init.contentType !== undefined && { "content-type": init.contentType }) },
      });
    } catch (error) {
      throw unreachable(url, error);
    }
    if (response.ok) return response;
    throw errorOf(response.status, await response.text().catch(() => ""), `${init.method} ${path}`);
  };
  return {
    json: async <T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> => {
      const response = await send(
        path,
        body === undefined ? { method } : { method, body: JSON.stringify(body), contentType: "application/json" },
      );
      const text = await response.text();
      return (text === "" ? null : parseAnswer(text, url)) as T;
    },
    send: async (method, path, body) => {
      await (await send(path, { method, body, contentType: "application/octet-stream" })).arrayBuffer();
    },
    text: async (path) => (await send(path, { method: "GET" })).text(),
  };
}

/** A page instead of JSON comes from the dashboard, if the address has a path, or from another program. */
function parseAnswer(text: string, url: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw notOurs(url, error);
  }
}

function notOurs(url: string, error: unknown): AppError {
  const message = `What answers at ${url} is not the API of a control plane. Give only the scheme, host and port of the control plane, e.g. https://headgate.example.com.`;
  return new AppError("invalid_input", message, { cause: error });
}

export function unreachable(url: string, error: unknown): AppError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof SyntaxError) return notOurs(url, error);
  if (cause instanceof Error && "code" in cause && cause.code === "ERR_SSL_WRONG_VERSION_NUMBER") {
    const message = `The server at ${url} does not speak https. Write http:// in --url or HEADGATE_URL if this is a server on your machine.`;
    return new AppError("unavailable", message, { cause: error });
  }
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new AppError("unavailable", `Cannot reach the control plane at ${url}${code}. Is the address right, and is it running?`, {
    cause: error,
  });
}

function errorOf(status: number, text: string, what: string): AppError {
  const body = parseBody(text);
  if (body !== null) return AppError.from(body);
  return new AppError(
    codeOfStatus(status),
    `The control plane answered ${what} with status ${status}${text === "" ? "" : `: ${text.slice(0, 300)}`}`,
  );
}

function parseBody(text: string): ErrorBody | null {
  try {
    return errorBodyOf((JSON.parse(text) as { readonly error?: unknown } | null)?.error);
  } catch {
    return null;
  }
}

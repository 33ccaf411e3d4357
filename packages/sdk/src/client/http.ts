/** One call of a control plane's procedure over plain HTTP. Every failure is an `AppError` with the control plane's own code and message. */
import { codeOfStatus, errorBodyOf } from "@headgate/shared/contract/http/http-errors.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { isRecord } from "@headgate/shared/domain/json.ts";

export interface CallOptions {
  readonly url: string;
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

export async function callProcedure(
  options: CallOptions,
  kind: "query" | "mutation",
  call: { readonly path: string; readonly input: unknown },
): Promise<unknown> {
  const query = kind === "query" ? `?input=${encodeURIComponent(JSON.stringify(call.input))}` : "";
  const address = `${options.url}/${call.path}${query}`;
  let response: Response;
  try {
    response = await options.fetch(address, {
      method: kind === "query" ? "GET" : "POST",
      headers: { authorization: `Bearer ${options.token}`, ...(kind === "mutation" && { "content-type": "application/json" }) },
      ...(kind === "mutation" && { body: JSON.stringify(call.input) }),
      ...(options.signal && { signal: options.signal }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new AppError("unavailable", `The control plane at ${options.url} cannot be reached. Check the url and that it is running.`, {
      cause: error,
    });
  }
  const text = await response.text();
  const body = parse(text);
  if (response.ok && isRecord(body) && isRecord(body["result"])) return body["result"]["data"];
  throw failureOf(body, { response, text });
}

function failureOf(body: unknown, answer: { readonly response: Response; readonly text: string }): AppError {
  const { response, text } = answer;
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const data = isRecord(error["data"]) ? error["data"] : {};
  // tRPC answers carry the whole body under `data`; what is refused before tRPC (authentication) carries it plainly.
  for (const candidate of [data["body"], error]) {
    const found = errorBodyOf(candidate);
    if (found) return AppError.from(found);
  }
  const message = typeof error["message"] === "string" ? error["message"] : text.slice(0, 500);
  return new AppError(codeOfStatus(response.status), `The control plane answered ${response.status}: ${message}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

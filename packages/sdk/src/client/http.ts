/** One call of a control plane's procedure over plain HTTP. Every failure is an `AppError` with the control plane's own code and message. */
import { z } from "zod";
import { codeOfStatus, errorBodyOf } from "@headgate/shared/contract/http/http-errors.ts";
import { runProcedures } from "@headgate/shared/contract/runs/runs.ts";
import type { View } from "@headgate/shared/contract/view.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { isRecord } from "@headgate/shared/domain/json.ts";

export interface CallOptions {
  readonly url: string;
  readonly token: string;
  readonly fetch: typeof fetch;
  readonly signal?: AbortSignal | undefined;
}

type RunProcedures = typeof runProcedures;
type InputOf<N extends keyof RunProcedures> = z.input<RunProcedures[N]["input"]>;

export async function callProcedure<N extends keyof RunProcedures>(
  options: CallOptions,
  name: N,
  input: InputOf<N>,
): Promise<View<RunProcedures[N]["output"]>> {
  const isQuery = runProcedures[name].kind === "query";
  const query = isQuery ? `?input=${encodeURIComponent(JSON.stringify(input))}` : "";
  const address = `${options.url}/${name}${query}`;
  let response: Response;
  try {
    response = await options.fetch(address, {
      method: isQuery ? "GET" : "POST",
      headers: { authorization: `Bearer ${options.token}`, ...(!isQuery && { "content-type": "application/json" }) },
      ...(!isQuery && { body: JSON.stringify(input) }),
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
  if (!response.ok || !isRecord(body) || !isRecord(body["result"])) throw failureOf(body, { response, text });
  const answer = body["result"]["data"];
  if (!isRunAnswer(answer)) {
    const what = "another form than this version of the SDK knows; update the older of SDK and control plane";
    throw new AppError("unsupported_version", `The control plane answered ${name} in ${what}.`);
  }
  return answer as View<RunProcedures[N]["output"]>;
}

const run = z.looseObject({ id: z.string(), status: z.string() });
const runAnswer = z.union([run, z.looseObject({ run })]);
/**
 * Only what the client itself reads is checked: a newer control plane may add fields and words, which are handed on as they are.
 */
function isRunAnswer(value: unknown): boolean {
  return runAnswer.safeParse(value).success;
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

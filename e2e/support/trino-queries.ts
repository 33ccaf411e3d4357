/** What runs on a Trino, by its own word, and how its administrator ends it. */
import { until } from "./stack.ts";

export interface ServerQuery {
  readonly queryId: string;
  readonly state: string;
  readonly query: string;
  readonly errorCode?: { readonly name: string };
}

const headers = { "X-Trino-User": "admin" };

export async function queriesWith(url: string, mark: string): Promise<readonly ServerQuery[]> {
  const answer = await fetch(`${url}/v1/query`, { headers });
  return ((await answer.json()) as ServerQuery[]).filter(({ query }) => query.includes(`'${mark}'`) && !query.includes("kill_query"));
}

export async function runningQuery(url: string, mark: string): Promise<string> {
  const isRunning = async (): Promise<string | undefined> =>
    (await queriesWith(url, mark)).find(({ state }) => state === "RUNNING")?.queryId;
  return await until(`a query with '${mark}' to run`, isRunning, 120_000);
}

/** Trino itself gives up on a silent client after five minutes, with another error. */
export async function untilOver(url: string, queryId: string, mark: string): Promise<string | undefined> {
  const over = await until(`the query with '${mark}' to be over`, async () =>
    (await queriesWith(url, mark)).find((query) => query.queryId === queryId && query.state === "FAILED"),
  );
  return over.errorCode?.name;
}

export async function deleteQuery(url: string, queryId: string): Promise<void> {
  await fetch(`${url}/v1/query/${queryId}`, { method: "DELETE", headers });
}

export async function killQuery(url: string, queryId: string, message: string): Promise<void> {
  const body = `call system.runtime.kill_query(query_id => '${queryId}', message => '${message}')`;
  let response = await fetch(`${url}/v1/statement`, { method: "POST", headers, body });
  for (;;) {
    const answer = (await response.json()) as { nextUri?: string; error?: { message: string } };
    if (answer.error) throw new Error(answer.error.message);
    if (answer.nextUri === undefined) return;
    response = await fetch(answer.nextUri, { headers });
  }
}

/** A run id as people type it: whole, or enough of its beginning or end to be the only one; `last` is the newest run. */
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { AppError } from "@headgate/shared/domain/errors.ts";
import { call, type Api } from "./api.ts";
import type { Connection } from "./connection.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function findRunId(connection: Connection, api: Api, text: string): Promise<string> {
  if (UUID.test(text)) return text.toLowerCase();
  const filter = text === "last" ? {} : { text };
  const { items } = await call(connection, api.runs.list.query({ filter, limit: text === "last" ? 1 : 50 }));
  const matching =
    text === "last"
      ? items
      : items.filter((run: RunSummary) => run.id.startsWith(text.toLowerCase()) || run.id.endsWith(text.toLowerCase()));
  const [only, ...others] = matching;
  if (only === undefined)
    throw new AppError("not_found", text === "last" ? "There is no run yet." : `There is no run '${text}'. \`headgate runs\` lists them.`);
  if (others.length > 0)
    throw new AppError("invalid_input", `'${text}' is the beginning or end of ${matching.length} runs. Type more of the id.`);
  return only.id;
}

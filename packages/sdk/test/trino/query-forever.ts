/** A process that is killed in the middle of a query: `query-forever.ts URL [SQL]`. */
import { trinoResource, type Trino } from "../../src/integrations/trino/index.ts";

const [, , url = "", sql = "select 1"] = process.argv;
const silent = (): void => {};
const trino = (await trinoResource({ url, user: "forever" })["~definition"].setup({
  config: undefined,
  env: {},
  folders: { root: "/", storage: "/", scratch: "/" },
  log: { debug: silent, info: silent, warn: silent, warning: silent, error: silent },
  signal: new AbortController().signal,
})) as Trino;
await trino.execute(sql);

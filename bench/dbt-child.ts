/** One measurement of `dbt-scale.ts` in a process of its own, so that its memory can be seen: prints seconds as JSON lines. */
import { warmServers } from "../packages/sdk/src/dbt/warm-pool.ts";
import { openDbt } from "./dbt-runner.ts";

const [root = "", database = ""] = process.argv.slice(2);
// A server that gets ready keeps no process alive by itself.
const awake = setInterval(() => {}, 1000);

async function timed(name: string, work: () => Promise<unknown>): Promise<void> {
  const before = performance.now();
  await work();
  console.log(JSON.stringify({ name, seconds: (performance.now() - before) / 1000 }));
}

const dbt = openDbt({ root, database, warm: true });
await timed("publish, first time", () => dbt.index());
await timed("publish, nothing changed", () => dbt.index());
const { assets, checks } = await dbt.index();
const models = assets.filter((key) => key.startsWith("bronze/"));
const some = (count: number): [string[], string[]] => {
  const keys = new Set(models.slice(0, count));
  return [[...keys], checks.filter((id) => keys.has(id.slice(0, id.indexOf(":"))))];
};
await timed("run of one model, first", () => dbt.run(...some(1)));
const [server] = warmServers();
await timed("warm process ready after", async () => await server?.settled);
console.log(JSON.stringify({ name: "memory of the warm process", mb: server?.memoryMb ?? null }));
await timed("run of one model, warm", () => dbt.run(...some(1)));
await timed("run of one model, warm again", () => dbt.run(...some(1)));
await timed("run of 100 models, warm", () => dbt.run(...some(100)));
clearInterval(awake);
process.exit(0);

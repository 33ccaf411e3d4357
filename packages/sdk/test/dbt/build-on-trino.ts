/** A process that is killed while dbt builds a model on Trino: `build-on-trino.ts ROOT URL once|warm`. */
import { dbtAssets, dbtProject } from "../../src/integrations/dbt/index.ts";
import { materialize } from "../../src/testing/index.ts";

const [, , root = "", url = "", how = "once"] = process.argv;
const project = dbtProject({ dir: "dbt", warm: how === "warm" });
const build = (select: string) =>
  materialize([dbtAssets({ project, select })], { root, storage: `${root}/storage`, env: { TRINO_URL: url } });

for (let isWarm = how !== "warm"; !isWarm;) {
  const { events } = await build("quick");
  isWarm = events.some((event) => event.type === "log" && event.message.includes("in a fork of the warm process"));
}
await build("forever");

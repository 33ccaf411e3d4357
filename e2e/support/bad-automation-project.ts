/** A code location whose schedules and sensors misbehave in every way a user function can, beside one of each that does not. */
import { writeProject } from "./project-shell.ts";

export function writeBadAutomation(folder: string): void {
  writeProject(folder, {
    name: "bad",
    code: `import { setTimeout as sleep } from "node:timers/promises";
import { defineAsset, defineCodeLocation, defineJob, defineSchedule, defineSensor, runRequest, skip } from "@headgate/sdk";

const asset = defineAsset({ key: "a", run: () => undefined });
const job = defineJob({ name: "j", selection: "*" });
const sensor = (name: string, evaluate: Parameters<typeof defineSensor>[0]["evaluate"], timeout = 20) =>
  defineSensor({ name, job, every: "2s", timeout, evaluate });

export default defineCodeLocation({
  name: "bad",
  assets: [asset],
  jobs: [job],
  schedules: [
    defineSchedule({ name: "throws_at_each_tick", job, cron: "* * * * *", evaluate: () => { throw new TypeError("the calendar is broken"); } }),
  ],
  sensors: [
    sensor("throws", () => { throw new RangeError("no such bucket"); }),
    sensor("hangs", () => new Promise(() => {}), 1),
    sensor("spins", () => { for (;;); }, 1),
    sensor("nonsense", () => ({ run: "everything" }) as never),
    sensor("floods", async function* () { for (let i = 0; i < 100_000; i++) yield runRequest({ runKey: "flood" + i }); }),
    sensor("unknown_job", () => runRequest({ job: "no_such_job" })),
    sensor("half", ({ setCursor }) => { setCursor("moved"); return [runRequest({ runKey: "good" }), runRequest({ job: "no_such_job" })]; }),
    sensor("exits", () => { process.exit(7); }),
    sensor("fine", ({ cursor, setCursor }) => {
      if (cursor === "3") return skip("enough");
      const next = String(Number(cursor ?? 0) + 1);
      setCursor(next);
      return runRequest({ runKey: next });
    }),
    sensor("slow_but_fine", async () => { await sleep(100); return skip("nothing"); }),
  ],
});
`,
  });
}

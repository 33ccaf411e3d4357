import { it } from "vitest";
import { Engine } from "../src/deployment/engine.ts";
import { launch, newDeployment, publish } from "./support/deployment.ts";
import { FakeAgent } from "./support/fake-agent.ts";
import { assetsOf, manifest } from "./support/manifests.ts";
it("profile", { timeout: 120000 }, async () => {
  let total = 0, n = 0;
  const original = Engine.prototype.commit;
  Engine.prototype.commit = function (this: Engine, ...args: Parameters<typeof original>) { const t = performance.now(); try { return original.apply(this, args) as never; } finally { total += performance.now() - t; n++; } } as typeof original;
  for (const kind of ["chain", "wide"]) {
  const STEPS = 1000;
  const graph = Object.fromEntries(Array.from({ length: STEPS }, (_, index) => [`a${index}`, kind === "wide" || index === 0 ? [] : [`a${index - 1}`]]));
  const stub = newDeployment();
  await publish(stub, manifest(assetsOf(graph)));
  const agent = new FakeAgent();
  await agent.start(stub, { slots: 8 });
  const started = performance.now(); total = 0; n = 0;
  await launch(stub, { selection: "*" });
  console.info(kind, "launch", total);
  let done = 0; let at = 0;
  while (done < STEPS) {
    await agent.waitFor(() => agent.frames.length > at, "x");
    const jobs = agent.frames.slice(at).filter((f) => f.t === "job"); at = agent.frames.length;
    done += jobs.length;
    if (jobs.length) agent.report(...jobs.flatMap((job) => agent.success(job)));
  }
  console.info(kind, "all per step", (performance.now() - started) / STEPS, "in commits per step", total / STEPS, "commits", n);
  }
});

/** A separate deployment for each test, and the usual first calls of tests. */
import type { InputOf } from "@headgate/shared/contract/table.ts";
import { env } from "cloudflare:workers";
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import type { Actor } from "@headgate/shared/contract/access/actor.ts";
import type { LaunchTarget } from "@headgate/shared/contract/runs/launch.ts";
import type { RunSummary } from "@headgate/shared/contract/runs/run-views.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import type { Manifest } from "@headgate/shared/manifest/schema.ts";
import { clock } from "../../src/deployment/kernel/clock.ts";
import type { Deployment } from "../../src/deployment/deployment.ts";
import type { DeploymentStub } from "../../src/deployment/rpc.ts";

/** The platform's mapped type turns `unknown` fields into `never`, so the stub is used through the interface that the class implements. */
export type DeploymentObject = DeploymentStub & Pick<DurableObjectStub, "fetch" | "id">;
export const person: Actor = { kind: "user", name: "ada@example.com", role: "owner" };

export function newDeployment(): DeploymentObject {
  return env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(crypto.randomUUID())) as unknown as DeploymentObject;
}

let published = 0;

/** A code location that was never switched is switched on, as a user would do. */
export async function publish(stub: DeploymentObject, manifest: Manifest): Promise<string> {
  const hash = (++published).toString(16).padStart(64, "0");
  const { version } = unwrap(await stub.registerVersion({ manifest, hash, manifestKey: `manifests/${hash}`, actor: person }));
  const { location } = manifest;
  unwrap(await stub.perform("locations.activate", { location, version }, person));
  const { state } = unwrap(await stub.ask("switches.list", undefined)).find((view) => view.location === location) ?? { state: "on" };
  if (state === "new") unwrap(await stub.perform("switches.set", { location, on: true }, person));
  return version;
}

export function raw(stub: DeploymentObject): DurableObjectStub<Deployment> {
  return stub as unknown as DurableObjectStub<Deployment>;
}

export async function launch(
  stub: DeploymentObject,
  target: LaunchTarget,
  extra: Partial<InputOf<"runs.launch">> = {},
): Promise<RunSummary> {
  return unwrap(
    await stub.perform("runs.launch", { target: { ...target, checksOnly: target.checksOnly ?? false }, tags: {}, ...extra }, person),
  );
}

export async function runStatus(stub: DeploymentObject, run: string): Promise<string> {
  return unwrap(await stub.ask("runs.get", { run })).run.status;
}

/** Sets timers of a kind to now and fires the alarm. A timer that comes late would be treated otherwise. */
export async function fireTimers(stub: DeploymentObject, kind: string): Promise<void> {
  await runInDurableObject(raw(stub), async (_instance, state) => {
    state.storage.sql.exec("UPDATE timer SET at = ? WHERE kind = ?", clock.now(), kind);
    await state.storage.setAlarm(Date.now() + 3_600_000);
  });
  await runDurableObjectAlarm(raw(stub));
}

export async function rows(stub: DeploymentObject, sql: string): Promise<Record<string, SqlStorageValue>[]> {
  return runInDurableObject(raw(stub), (_instance, state) => state.storage.sql.exec(sql).toArray());
}

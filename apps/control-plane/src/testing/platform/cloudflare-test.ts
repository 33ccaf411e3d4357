/** The module `cloudflare:test` in Node: what tests of one deployment use. */
import type { Deployment } from "../../deployment/deployment.ts";
import type { NodeObjectState } from "./object-state.ts";
import { objectBehind, startInstance } from "./objects.ts";

export async function runInDurableObject<T>(
  stub: object,
  work: (instance: Deployment, state: NodeObjectState) => T | Promise<T>,
): Promise<T> {
  const object = objectBehind(stub);
  await object.state.ready;
  return work(object.instance, object.state);
}

/** Whether an alarm was set. */
export async function runDurableObjectAlarm(stub: object): Promise<boolean> {
  return runInDurableObject(stub, async (instance, { storage }) => {
    if ((await storage.getAlarm()) === null) return false;
    await storage.deleteAlarm();
    await instance.alarm();
    return true;
  });
}

export async function evictDurableObject(stub: object): Promise<void> {
  const object = objectBehind(stub);
  await object.state.ready;
  startInstance(object);
  await object.state.ready;
}

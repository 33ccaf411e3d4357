/** Durable Objects in Node: one per name, called as through a stub. */
import { Deployment } from "../../deployment/deployment.ts";
import { env } from "./cloudflare-workers.ts";
import { NodeObjectState } from "./object-state.ts";

export interface NodeObject {
  readonly state: NodeObjectState;
  instance: Deployment;
}

const objects = new Map<string, NodeObject>();
const objectOf = new WeakMap<object, NodeObject>();

/** Its memory is new, its storage and sockets are the same. */
export function startInstance(object: NodeObject): void {
  object.instance = new Deployment(object.state.asState, {} as never);
}

function makeObject(): NodeObject {
  const made: { readonly state: NodeObjectState; instance: Deployment | null } = {
    state: new NodeObjectState(() => (made as NodeObject).instance),
    instance: null,
  };
  const object = made as NodeObject;
  startInstance(object);
  return object;
}

/** Arguments and answers are copies, as between two processes. */
export function stubOf(name: string): object {
  const object = objects.get(name) ?? makeObject();
  objects.set(name, object);
  const stub = new Proxy(
    {},
    {
      get(_target, method) {
        if (method === "id") return { name, toString: () => name };
        if (method === "then" || typeof method !== "string") return undefined;
        return async (...values: readonly unknown[]) => {
          await object.state.ready;
          if (method === "fetch") return object.instance.fetch(new Request(...(values as [string, RequestInit])));
          const call = object.instance[method as keyof Deployment] as (...values: readonly unknown[]) => Promise<unknown>;
          return structuredClone<unknown>(await call.apply(object.instance, structuredClone([...values])));
        };
      },
    },
  );
  objectOf.set(stub, object);
  return stub;
}

export function objectBehind(stub: object): NodeObject {
  const object = objectOf.get(stub);
  if (!object) throw new Error("That is not the stub of an object.");
  return object;
}

env.DEPLOYMENT = { idFromName: (name: string) => name, get: stubOf };

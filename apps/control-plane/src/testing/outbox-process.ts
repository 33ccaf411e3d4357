/**
 * A deployment in a process of its own that stores facts with their messages and sends them to an HTTP server. It ends itself with
 * SIGKILL before the given statement or transaction boundary, counted from 1; 0: it lives to its end.
 * Arguments: database file, port, messages to store, kill point. Prints how many points it passed.
 */
import "./platform/globals.ts";
import { Engine } from "../deployment/engine.ts";
import { writeMeta } from "../deployment/kernel/meta-store.ts";
import type { Destinations } from "../deployment/outbox/destination.ts";
import { enqueue } from "../deployment/outbox/enqueue.ts";
import { OutboxSender } from "../deployment/outbox/outbox-sender.ts";
import { start } from "../deployment/start.ts";
import { NodeObjectState } from "./platform/object-state.ts";

const [path = "", port = "", count = "0", killAt = "0"] = process.argv.slice(2);
const state = new NodeObjectState(
  () => ({ alarm: async () => undefined, webSocketMessage: async () => undefined, webSocketClose: async () => undefined }),
  { path },
);
const engine = new Engine(state.asState, () => undefined);
await start(engine, { storage: state.asState.storage, now: Date.now() });

let passed = 0;
function pass(): void {
  passed++;
  if (passed === Number(killAt)) process.kill(process.pid, "SIGKILL");
}
const { sql } = state.storage;
const exec = sql.exec.bind(sql);
sql.exec = (text, ...values) => {
  pass();
  return exec(text, ...values);
};
const transaction = state.storage.transactionSync.bind(state.storage);
state.storage.transactionSync = (closure) => {
  pass();
  const answer = transaction(() => {
    const result = closure();
    pass();
    return result;
  });
  pass();
  return answer;
};

const destinations: Destinations = {
  directory: {
    async send({ key, body }, signal) {
      pass();
      await fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers: { "idempotency-key": key }, body, signal });
      pass();
      return { outcome: "delivered" };
    },
  },
};
for (let number = 0; number < Number(count); number++) {
  engine.commit((tx) => {
    writeMeta(tx.db, `fact:${number}`, "happened");
    enqueue(tx, { destination: "directory", topic: "test", body: { number } });
  });
}
await new OutboxSender({ reader: () => engine.reader(), commit: engine.commit.bind(engine), destinations }).send();
process.stdout.write(String(passed));
process.exit(0);

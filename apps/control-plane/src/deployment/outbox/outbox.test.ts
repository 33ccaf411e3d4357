/** Messages of the outbox: receivers that are away, silent or refuse, a full queue, and what people do with dead letters. */
import { describe, expect, it } from "vitest";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import type { OutgoingMessage, SendResult } from "./destination.ts";
import { enqueue, MAX_WAITING } from "./enqueue.ts";
import { OutboxSender } from "./outbox-sender.ts";
import { outboxProcedures } from "./procedures.ts";
import { removeMessage, sendAgain } from "./send-again.ts";

type Receiver = (message: OutgoingMessage, signal: AbortSignal) => Promise<SendResult>;

async function opened(receiver: Receiver) {
  const deployment = await TestDeployment.open();
  const sent: OutgoingMessage[] = [];
  const sender = new OutboxSender({
    reader: () => deployment.engine.reader(),
    commit: deployment.commit,
    timeoutMs: 20,
    destinations: {
      directory: {
        send(message, signal) {
          sent.push(message);
          return receiver(message, signal);
        },
      },
    },
  });
  const say = (number: number) => deployment.commit((tx) => enqueue(tx, { destination: "directory", topic: "test", body: { number } }));
  const rows = () => deployment.rows("SELECT key, attempts, next_at, dead_at IS NOT NULL AS dead, error FROM outbox ORDER BY no");
  const list = (state: "waiting" | "dead") =>
    unwrap(outboxProcedures["outbox.list"](deployment.engine.reader(), { state, cursor: null, limit: 2 }));
  return { deployment, sender, sent, say, rows, list };
}

const delivered: Receiver = async () => ({ outcome: "delivered" });

describe("an outgoing message", () => {
  it("a delivered message leaves no row and no timer", async () => {
    const { deployment, sender, sent, say, rows } = await opened(delivered);
    for (let number = 0; number < 15; number++) say(number);
    await sender.send();
    expect(sent.map(({ body }) => body)).toEqual(Array.from({ length: 15 }, (_, number) => JSON.stringify({ number })));
    expect(rows()).toEqual([]);
    expect(deployment.rows("SELECT kind FROM timer WHERE kind = 'outbox'")).toEqual([]);
  });

  it("a refused transaction sends nothing", async () => {
    const { deployment, sender, sent } = await opened(delivered);
    expect(() =>
      deployment.commit((tx) => {
        enqueue(tx, { destination: "directory", topic: "test", body: {} });
        throw new Error("no");
      }),
    ).toThrow("no");
    await sender.send();
    expect(sent).toEqual([]);
  });

  it("a receiver that never answers gets it later under the same key", async () => {
    let isSilent = true;
    const { deployment, sender, sent, say, rows } = await opened((_message, signal) =>
      isSilent
        ? new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))))
        : delivered(_message, signal),
    );
    say(1);
    await sender.send();
    const [row] = rows();
    expect(row).toMatchObject({ attempts: 1, dead: 0 });
    await sender.send();
    expect(sent).toHaveLength(1);
    isSilent = false;
    deployment.now = Number(row?.["next_at"]);
    await sender.send();
    expect(sent[1]).toEqual(sent[0]);
    expect(rows()).toEqual([]);
  });

  it("a slow receiver causes no transactions while it is waited for", async () => {
    let answer: (result: SendResult) => void = () => undefined;
    const { deployment, sender, say } = await opened(() => new Promise((resolve) => (answer = resolve)));
    say(1);
    const sending = sender.send();
    const before = deployment.facts.length;
    deployment.pass(10_000);
    expect(deployment.facts.length).toBe(before);
    answer({ outcome: "delivered" });
    await sending;
  });

  it("a clock that was set back does not hold a message up", async () => {
    let isAway = true;
    const { deployment, sender, sent, say } = await opened(async () =>
      isAway ? { outcome: "failed", reason: "503" } : { outcome: "delivered" },
    );
    say(1);
    await sender.send();
    isAway = false;
    deployment.now -= 10 * 3_600_000;
    deployment.engine.timers.noticeClock(deployment.now);
    deployment.pass(3_600_001);
    await sender.send();
    expect(sent).toHaveLength(2);
  });

  it("waits grow, and the twentieth failure makes a dead letter", async () => {
    const { deployment, sender, say, rows } = await opened(async () => ({ outcome: "failed", reason: "503" }));
    say(1);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 20; attempt++) {
      await sender.send();
      const next = rows()[0]?.["next_at"];
      if (typeof next !== "number") break;
      waits.push(next - deployment.now);
      deployment.now = next;
    }
    expect(waits).toHaveLength(19);
    expect(waits[0]).toBeLessThanOrEqual(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(3_600_000);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(1_800_000);
    expect(rows()).toMatchObject([{ attempts: 20, dead: 1, error: "503" }]);
  });

  it("a receiver that refuses the message itself is not asked again", async () => {
    const { sender, say, rows } = await opened(async () => ({ outcome: "failed", reason: "400", isPermanent: true }));
    say(1);
    await sender.send();
    expect(rows()).toMatchObject([{ attempts: 1, dead: 1, error: "400" }]);
  });
});

describe("a dead letter", () => {
  it("a dead letter is sent again under its key", async () => {
    let isAway = true;
    const { deployment, sender, sent, say, rows, list } = await opened(async () =>
      isAway ? { outcome: "failed", reason: "410", isPermanent: true } : { outcome: "delivered" },
    );
    say(1);
    await sender.send();
    const [letter] = list("dead").items;
    isAway = false;
    unwrap(deployment.commit((tx) => sendAgain(tx, letter?.key ?? "")));
    await sender.send();
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(rows()).toEqual([]);
  });

  it("only dead letters can be removed", async () => {
    const { deployment, sender, say, list } = await opened(async () => ({ outcome: "failed", reason: "400", isPermanent: true }));
    say(1);
    const key = list("waiting").items[0]?.key ?? "";
    expect(deployment.commit((tx) => removeMessage(tx, key))).toMatchObject({ ok: false, error: { code: "conflict" } });
    await sender.send();
    unwrap(deployment.commit((tx) => removeMessage(tx, key)));
    expect(deployment.commit((tx) => sendAgain(tx, key))).toMatchObject({ ok: false, error: { code: "not_found" } });
  });

  it("a full queue makes dead letters, and none is lost", async () => {
    const { deployment, sender, sent, list, say } = await opened(delivered);
    deployment.commit((tx) => {
      for (let number = 0; number < MAX_WAITING; number++) enqueue(tx, { destination: "directory", topic: "test", body: { number } });
    });
    say(-1);
    const [letter] = list("dead").items;
    expect(letter).toMatchObject({ body: '{"number":-1}', attempts: 0 });
    await sender.send();
    unwrap(deployment.commit((tx) => sendAgain(tx, letter?.key ?? "")));
    await sender.send();
    expect(sent).toHaveLength(MAX_WAITING + 1);
  });

  it("lists have pages, newest first", async () => {
    const { deployment, list, say } = await opened(delivered);
    for (let number = 0; number < 3; number++) say(number);
    const first = list("waiting");
    expect(first.items.map(({ body }) => body)).toEqual(['{"number":2}', '{"number":1}']);
    const input = { state: "waiting", cursor: first.next, limit: 2 } as const;
    const second = unwrap(outboxProcedures["outbox.list"](deployment.engine.reader(), input));
    expect(second).toMatchObject({ items: [{ body: '{"number":0}' }], next: null });
  });
});

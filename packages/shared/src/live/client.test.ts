import { describe, expect, it, onTestFinished } from "vitest";
import type { Change } from "../contract/live/messages.ts";
import type { EventRow } from "../contract/runs/run-views.ts";
import { LiveClient, type LiveClientOptions, type LiveHandlers } from "./client.ts";
import { LiveServer } from "./live-server.test-support.ts";
import { webSocket } from "./socket.ts";

const RECONNECT = { firstMs: 5, maxMs: 20 };
const settings: Change = { type: "settings" };
const definitions = (hash: string): Change => ({ type: "definitions", hash });

function events(...numbers: readonly number[]): EventRow[] {
  return numbers.map((seq) => ({ seq, at: 0, step: null, attempt: null, event: { type: "run_started" } }));
}

async function startServer(): Promise<{ readonly server: LiveServer; readonly url: string }> {
  const server = new LiveServer();
  return { server, url: `ws://${await server.listen()}/live` };
}

interface Seen {
  readonly client: LiveClient;
  readonly welcomes: boolean[];
  readonly changes: Change[];
  readonly states: string[];
  readonly errors: string[];
}

function startClient(url: string, options: Partial<Omit<LiveClientOptions, "handlers">> = {}): Seen {
  const seen = { welcomes: [] as boolean[], changes: [] as Change[], states: [] as string[], errors: [] as string[] };
  const handlers: LiveHandlers = {
    onWelcome: ({ refetch }) => void seen.welcomes.push(refetch),
    onChanges: (changes) => void seen.changes.push(...changes),
    onStatus: (status) => void seen.states.push(status),
    onError: (message) => void seen.errors.push(message),
  };
  const client = new LiveClient({ open: webSocket(url), handlers, random: () => 0.5, reconnect: RECONNECT, keepAlive: null, ...options });
  client.start();
  onTestFinished(() => client.stop());
  return { client, ...seen };
}

const welcomed = (seen: Seen, times = 1) => expect.poll(() => seen.welcomes.length).toBe(times);

describe("the live client", () => {
  it("asks for everything at its first hello", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    expect(seen.welcomes).toEqual([true]);
    expect(seen.states).toEqual(["open"]);
    expect(server.received).toEqual([{ t: "hello", version: 1, since: null }]);
    server.change(settings);
    await expect.poll(() => seen.changes).toEqual([settings]);
  });

  it("gets the changes that it missed while it was away, once", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    server.change(definitions("a"));
    await expect.poll(() => seen.changes.length).toBe(1);
    server.cut();
    server.change(definitions("b"), definitions("c"));
    await welcomed(seen, 2);
    await expect.poll(() => seen.changes).toEqual([definitions("a"), definitions("b"), definitions("c")]);
    expect(seen.welcomes).toEqual([true, false]);
    expect(seen.states).toEqual(["open", "lost", "open"]);
    expect(server.received.at(-1)).toEqual({ t: "hello", version: 1, since: { stream: "first", seq: 1 } });
  });

  it("is told to fetch again when the server no longer knows what was missed", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    server.cut();
    server.change(settings);
    server.forget();
    await welcomed(seen, 2);
    expect(seen.welcomes).toEqual([true, true]);
    server.cut();
    server.stream = "second";
    await welcomed(seen, 3);
    expect(seen.welcomes.at(-1)).toBe(true);
  });

  it("resumes from the number of a welcome that came in the middle", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    server.change(settings);
    server.toAll(server.welcome(true));
    await welcomed(seen, 2);
    server.cut();
    await welcomed(seen, 3);
    expect(seen.welcomes).toEqual([true, true, false]);
  });

  it("keeps trying while the server refuses, and waits a random time in between", async () => {
    const { server, url } = await startServer();
    server.refuseWith = 503;
    const drawn: number[] = [];
    const random = (): number => {
      drawn.push(1);
      return 0.5;
    };
    const seen = startClient(url, { random });
    await expect.poll(() => server.connections).toBeGreaterThanOrEqual(3);
    expect(seen.states.every((status) => status === "lost")).toBe(true);
    expect(drawn.length).toBeGreaterThanOrEqual(2);
    server.refuseWith = null;
    await welcomed(seen);
  });

  it("opens nothing more after it was stopped", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    seen.client.stop();
    server.cut();
    await new Promise((wake) => setTimeout(wake, 60));
    expect(server.connections).toBe(1);
    expect(seen.states).toEqual(["open"]);
  });

  it("connects at once when the network is back", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url, { reconnect: { firstMs: 3_600_000, maxMs: 3_600_000 } });
    await welcomed(seen);
    seen.client.disconnect();
    expect(seen.states).toEqual(["open", "lost"]);
    seen.client.reconnectNow();
    await welcomed(seen, 2);
    seen.client.reconnectNow();
    expect(server.connections).toBe(2);
  });

  it("reports an error of the server and stays connected", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    server.toAll({ t: "error", message: "at most 20 runs" });
    await expect.poll(() => seen.errors).toEqual(["at most 20 runs"]);
    server.change(settings);
    await expect.poll(() => seen.changes).toEqual([settings]);
  });
});

describe("a watched run", () => {
  it("gives stored events first and then new ones", async () => {
    const { server, url } = await startServer();
    server.record("r", ...events(1, 2, 3));
    const { client } = startClient(url);
    const numbers: number[] = [];
    client.watchRun("r", 1, (rows) => numbers.push(...rows.map(({ seq }) => seq)));
    await expect.poll(() => numbers).toEqual([2, 3]);
    server.record("r", ...events(4));
    await expect.poll(() => numbers).toEqual([2, 3, 4]);
  });

  it("gives each event once and in order across lost connections", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    const numbers: number[] = [];
    seen.client.watchRun("r", 0, (rows) => numbers.push(...rows.map(({ seq }) => seq)));
    let next = 1;
    for (let round = 1; round <= 5; round++) {
      await welcomed(seen, round);
      server.record("r", ...events(next++, next++));
      server.cut();
      server.record("r", ...events(next++));
    }
    await welcomed(seen, 6);
    await expect.poll(() => numbers.length).toBe(15);
    expect(numbers).toEqual(Array.from({ length: 15 }, (_, index) => index + 1));
  });

  it("gives two watchers what each of them has not seen", async () => {
    const { server, url } = await startServer();
    server.record("r", ...events(1, 2));
    const seen = startClient(url);
    const [early, late]: [number[], number[]] = [[], []];
    seen.client.watchRun("r", 0, (rows) => early.push(...rows.map(({ seq }) => seq)));
    await expect.poll(() => early).toEqual([1, 2]);
    const end = seen.client.watchRun("r", 1, (rows) => late.push(...rows.map(({ seq }) => seq)));
    await expect.poll(() => late).toEqual([2]);
    expect(early).toEqual([1, 2]);
    end();
    server.record("r", ...events(3));
    await expect.poll(() => early).toEqual([1, 2, 3]);
    expect(late).toEqual([2]);
    expect(server.received.at(-1)).toEqual({ t: "watch", runs: [{ run: "r", after: 2 }] });
  });
});

describe("the raw output of a step", () => {
  it("goes to the latest caller, and back to the earlier one afterwards", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    const texts: string[] = [];
    const endFirst = seen.client.tail({ run: "r", step: "a" }, ({ text }) => texts.push(`a ${text}`));
    const endSecond = seen.client.tail({ run: "r", step: "b" }, ({ text }) => texts.push(`b ${text}`));
    const tailed = () => server.received.findLast((message) => message.t === "tail");
    await expect.poll(tailed).toEqual({ t: "tail", target: { run: "r", step: "b" } });
    server.output("r", "b", "one");
    await expect.poll(() => texts).toEqual(["b one"]);
    endSecond();
    await expect.poll(tailed).toEqual({ t: "tail", target: { run: "r", step: "a" } });
    server.output("r", "a", "two");
    await expect.poll(() => texts).toEqual(["b one", "a two"]);
    endFirst();
    await expect.poll(tailed).toEqual({ t: "tail", target: null });
  });

  it("continues after a lost connection", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url);
    await welcomed(seen);
    const texts: string[] = [];
    seen.client.tail({ run: "r", step: "a" }, ({ text }) => texts.push(text));
    server.cut();
    await welcomed(seen, 2);
    await expect.poll(() => server.received.filter((message) => message.t === "tail").length).toBeGreaterThanOrEqual(1);
    server.output("r", "a", "again");
    await expect.poll(() => texts).toEqual(["again"]);
  });
});

describe("pings", () => {
  it("end a connection that no longer answers", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url, { keepAlive: { intervalMs: 20, timeoutMs: 200 } });
    await welcomed(seen);
    await expect.poll(() => server.pings).toBeGreaterThanOrEqual(3);
    expect(seen.states).toEqual(["open"]);
    server.answersPings = false;
    await expect.poll(() => seen.states.includes("lost")).toBe(true);
    server.answersPings = true;
    await expect.poll(() => seen.states.at(-1)).toBe("open");
  });

  it("are sent once per interval, also after a second welcome on the same socket", async () => {
    const { server, url } = await startServer();
    const seen = startClient(url, { keepAlive: { intervalMs: 50, timeoutMs: 5_000 } });
    await welcomed(seen);
    for (let times = 2; times <= 6; times++) {
      server.toAll(server.welcome(true));
      await welcomed(seen, times);
    }
    seen.client.stop();
    const before = server.pings;
    await new Promise((wake) => setTimeout(wake, 150));
    expect(server.pings).toBe(before);
  });
});

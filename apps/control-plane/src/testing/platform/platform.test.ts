/** The platform that fast tests use behaves like workerd: this file runs in both. */
import { env } from "cloudflare:workers";
import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { CLOSE } from "@headgate/shared/protocol/close-codes.ts";
import { PING, PONG } from "@headgate/shared/protocol/constants.ts";
import type { Deployment } from "../../deployment/deployment.ts";
import { SOCKET_HEADERS } from "../../deployment/kernel/socket-headers.ts";
import { attach, attachmentOf } from "../../deployment/kernel/sockets.ts";

type Work<T> = (storage: DurableObjectStorage, state: DurableObjectState) => T | Promise<T>;
type Stub = DurableObjectStub<Deployment>;

const object = (): Stub => env.DEPLOYMENT.get(env.DEPLOYMENT.idFromName(crypto.randomUUID()));
const within = <T>(stub: Stub, work: Work<T>): Promise<T> => runInDurableObject(stub, (_instance, state) => work(state.storage, state));
const inStorage = <T>(work: Work<T>): Promise<T> => within(object(), work);

describe("statements", () => {
  it("a statement gives its rows as objects, arrays and one by one", async () => {
    const seen = await inStorage(({ sql }) => {
      const text = "SELECT value AS n, value * 2 AS twice FROM json_each('[1, 2]')";
      const one = sql.exec(text);
      return {
        objects: sql.exec(text).toArray(),
        arrays: [...sql.exec(text).raw()],
        loop: [...sql.exec(text)],
        next: [one.next(), one.next(), one.next()],
        columns: sql.exec(text).columnNames,
      };
    });
    const objects = [
      { n: 1, twice: 2 },
      { n: 2, twice: 4 },
    ];
    expect(seen).toMatchObject({ objects, arrays: [Object.values({ n: 1, t: 2 }), [2, 4]], loop: objects, columns: ["n", "twice"] });
    expect(seen.next.map(({ done, value }) => [done ?? false, value])).toEqual([
      [false, objects[0]],
      [false, objects[1]],
      [true, undefined],
    ]);
  });

  it("a statement answers one() only when there is exactly one row", async () => {
    await inStorage(({ sql }) => {
      expect(sql.exec("SELECT 1 AS n").one()).toEqual({ n: 1 });
      expect(() => sql.exec("SELECT 1 AS n WHERE 0").one()).toThrow(/exactly one/);
      expect(() => sql.exec("SELECT value FROM json_each('[1, 2]')").one()).toThrow(/exactly one/);
    });
  });

  it("a statement stores numbers, texts, bytes and nothing as they were bound", async () => {
    const bytes = new Uint8Array([0, 1, 255]);
    const [row] = await inStorage(({ sql }) => {
      sql.exec("CREATE TABLE kept (i INTEGER, r REAL, t TEXT, b BLOB, n TEXT)");
      sql.exec("INSERT INTO kept VALUES (?, ?, ?, ?, ?)", 1, 1.5, "ä\u{1f600}", bytes.buffer, null);
      return sql.exec("SELECT i, r, t, b, n, typeof(i) AS ti, typeof(r) AS tr, typeof(b) AS tb, typeof(?) AS bound FROM kept", 7).toArray();
    });
    expect(row).toMatchObject({ i: 1, r: 1.5, t: "ä\u{1f600}", n: null, ti: "integer", tr: "real", tb: "blob", bound: "real" });
    expect(new Uint8Array(row?.["b"] as ArrayBuffer)).toEqual(bytes);
  });

  it("a statement uses one numbered value in several places", async () => {
    expect(await inStorage(({ sql }) => sql.exec("SELECT ?2 AS b, ?1 AS a, ?1 AS again", "x", "y").one())).toEqual({
      b: "y",
      a: "x",
      again: "x",
    });
  });

  it("a statement refuses too few and too many values", async () => {
    await inStorage(({ sql }) => {
      expect(() => sql.exec("SELECT ?, ?", 1)).toThrow(/[Ww]rong number of parameter bindings/);
      expect(() => sql.exec("SELECT '?' AS text, ?", 1, 2)).toThrow(/[Ww]rong number of parameter bindings/);
    });
  });

  it("a statement takes at most a hundred values", async () => {
    const among = (count: number) => `SELECT 1 IN (${Array.from({ length: count }, () => "?").join()}) AS found`;
    await inStorage(({ sql }) => {
      expect(sql.exec(among(100), ...Array.from({ length: 100 }, () => 1)).one()).toEqual({ found: 1 });
      expect(() => sql.exec(among(101), ...Array.from({ length: 101 }, () => 1))).toThrow(/too many SQL variables/);
    });
  });

  it("the last of several statements in a text answers", async () => {
    const rows = await inStorage(({ sql }) => {
      sql.exec(
        "CREATE TABLE several (n); INSERT INTO several VALUES (1);\n-- a comment; with a semicolon\nINSERT INTO several VALUES (2);",
      );
      return sql.exec("INSERT INTO several VALUES (3); SELECT count(*) AS n FROM several WHERE n > ?", 1).one();
    });
    expect(rows).toEqual({ n: 2 });
  });

  it("a statement says whether it wrote a row", async () => {
    await inStorage(({ sql }) => {
      sql.exec("CREATE TABLE written (n); INSERT INTO written VALUES (1)");
      expect(sql.exec("DELETE FROM written WHERE n = ?", 2).rowsWritten).toBe(0);
      expect(sql.exec("DELETE FROM written WHERE n = ?", 1).rowsWritten).toBe(1);
    });
  });

  it("a statement returns what it inserted", async () => {
    const rows = await inStorage(({ sql }) => {
      sql.exec("CREATE TABLE made (id INTEGER PRIMARY KEY AUTOINCREMENT, n)");
      return sql.exec("INSERT INTO made (n) VALUES (5), (6) RETURNING id, n").toArray();
    });
    expect(rows).toEqual([
      { id: 1, n: 5 },
      { id: 2, n: 6 },
    ]);
  });

  it("a statement throws when a constraint does not hold", async () => {
    await inStorage(({ sql }) => {
      sql.exec("CREATE TABLE strictly (n NOT NULL)");
      expect(() => sql.exec("INSERT INTO strictly VALUES (NULL)")).toThrow(/NOT NULL/);
    });
  });
});

describe("transactions of the storage", () => {
  const counted = ({ sql }: DurableObjectStorage) => sql.exec("SELECT group_concat(n) AS n FROM done").one()["n"];

  it("a transaction undoes everything when it throws", async () => {
    await inStorage((storage) => {
      storage.sql.exec("CREATE TABLE done (n)");
      const failing = () =>
        storage.transactionSync(() => {
          storage.sql.exec("INSERT INTO done VALUES (1)");
          throw new Error("no");
        });
      expect(failing).toThrow("no");
      expect(counted(storage)).toBeNull();
      expect(storage.transactionSync(() => 5)).toBe(5);
    });
  });

  it("a transaction keeps its own changes when one inside it is undone", async () => {
    await inStorage((storage) => {
      storage.sql.exec("CREATE TABLE done (n)");
      storage.transactionSync(() => {
        storage.sql.exec("INSERT INTO done VALUES (1)");
        expect(() =>
          storage.transactionSync(() => {
            storage.sql.exec("INSERT INTO done VALUES (2)");
            throw new Error("no");
          }),
        ).toThrow("no");
        storage.transactionSync(() => storage.sql.exec("INSERT INTO done VALUES (3)"));
      });
      expect(counted(storage)).toBe("1,3");
    });
  });

  it("a transaction goes on after a statement that failed in it", async () => {
    await inStorage((storage) => {
      storage.sql.exec("CREATE TABLE done (n NOT NULL)");
      storage.transactionSync(() => {
        storage.sql.exec("INSERT INTO done VALUES (1)");
        expect(() => storage.sql.exec("INSERT INTO done VALUES (2), (NULL)")).toThrow();
        storage.sql.exec("INSERT INTO done VALUES (4)");
      });
      expect(counted(storage)).toBe("1,4");
    });
  });
});

describe("alarms", () => {
  it("the alarm is the last one set until it has rung", async () => {
    const stub = object();
    await within(stub, async (storage) => {
      await storage.deleteAlarm();
      expect(await storage.getAlarm()).toBeNull();
      await storage.setAlarm(4_000_000_000_000);
      await storage.setAlarm(4_100_000_000_000);
      expect(await storage.getAlarm()).toBe(4_100_000_000_000);
      await storage.deleteAlarm();
      expect(await storage.getAlarm()).toBeNull();
      await storage.setAlarm(4_000_000_000_000);
    });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });
});

describe("sockets", () => {
  async function connected(stub: Stub): Promise<WebSocket> {
    const headers = { upgrade: "websocket", [SOCKET_HEADERS.kind]: "agent", [SOCKET_HEADERS.token]: "tok_1" };
    const response = await stub.fetch("http://deployment/connect", { headers });
    expect(response.status).toBe(101);
    const { webSocket } = response;
    if (!webSocket) throw new Error("no socket");
    webSocket.accept();
    return webSocket;
  }
  const eventOf = <T extends Event>(socket: WebSocket, type: "message" | "close"): Promise<T> =>
    new Promise((resolve) => socket.addEventListener(type, (event) => resolve(event as unknown as T), { once: true }));

  it("a socket keeps tags and attachment over an eviction", async () => {
    const stub = object();
    await connected(stub);
    await within(stub, (_storage, state) => {
      const [socket] = state.getWebSockets("token:tok_1");
      if (!socket) throw new Error("no socket");
      expect(state.getWebSockets("agent")).toHaveLength(1);
      expect(state.getWebSockets("live")).toEqual([]);
      const attachment = attachmentOf(socket);
      if (attachment?.kind !== "agent") throw new Error("no attachment");
      attach(socket, { ...attachment, instance: "kept" });
    });
    await evictDurableObject(stub);
    await within(stub, (_storage, state) => {
      const [socket] = state.getWebSockets("agent");
      expect(socket && attachmentOf(socket)).toMatchObject({ instance: "kept", token: "tok_1" });
    });
  });

  it("a socket hears of frames, which the object answers", async () => {
    const stub = object();
    const socket = await connected(stub);
    const answer = eventOf<MessageEvent>(socket, "message");
    const closed = eventOf<CloseEvent>(socket, "close");
    socket.send("no JSON");
    expect(JSON.parse(String((await answer).data))).toMatchObject({ t: "error", code: "invalid_input" });
    expect(await closed).toMatchObject({ code: CLOSE.badFrame });
  });

  it("a closed socket is gone, with the client's code", async () => {
    const stub = object();
    const socket = await connected(stub);
    const closed = eventOf<CloseEvent>(socket, "close");
    socket.close(4001, "bye");
    expect(await closed).toMatchObject({ code: 4001 });
    await within(stub, (_storage, state) => expect(state.getWebSockets("agent")).toEqual([]));
    expect(() => socket.send("late")).toThrow();
  });

  it("a socket has its pings answered without the object, and stamped", async () => {
    const stub = object();
    const socket = await connected(stub);
    const pong = eventOf<MessageEvent>(socket, "message");
    socket.send(PING);
    expect((await pong).data).toBe(PONG);
    await within(stub, (_storage, state) => {
      const [server] = state.getWebSockets("agent");
      expect(server && state.getWebSocketAutoResponseTimestamp(server)).toBeInstanceOf(Date);
    });
  });
});

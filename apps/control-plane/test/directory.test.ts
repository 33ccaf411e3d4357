import { env } from "cloudflare:workers";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { beforeAll, describe, expect, test } from "vitest";
import { writeAudit } from "../src/directory/audit.ts";
import { openDirectory } from "../src/directory/database.ts";
import { ensureMember } from "../src/directory/members.ts";
import * as schema from "../src/directory/schema.ts";
import { formatToken, parseToken } from "../src/directory/secrets.ts";
import { checkToken, createToken, justEndedTokens, listTokens, noteTokenUse, revokeToken } from "../src/directory/tokens.ts";
import { directoryAt, makePlace, migrate, operator, type Place } from "./support/world.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
let acme: Place;
let globex: Place;
beforeAll(async () => {
  await migrate();
  acme = await makePlace("acme", "prod");
  globex = await makePlace("globex", "prod");
});

test("the Drizzle schema has exactly the tables of the migrations", async () => {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%' AND name <> 'd1_migrations'",
  ).all<{ name: string }>();
  const defined = Object.values(schema).map((table: SQLiteTable) => getTableConfig(table));
  expect(defined.map((table) => table.name).toSorted()).toEqual(tables.map((table) => table.name).toSorted());
  for (const table of defined) {
    const { results } = await env.DB.prepare(`SELECT name, type, "notnull" AS required, pk FROM pragma_table_info(?)`)
      .bind(table.name)
      .all<{ name: string; type: string; required: number; pk: number }>();
    const stored = results.map((column) => [column.name, column.type.toLowerCase(), column.required === 1 || column.pk > 0]);
    expect([table.name, table.columns.map((column) => [column.name, column.getSQLType(), column.notNull])]).toEqual([table.name, stored]);
  }
});

describe("tokens", () => {
  const make = (at = openDirectory(env.DB), expiresInDays: number | null = null) =>
    createToken(at, { place: acme.place, name: "ci", kind: "api", role: "editor", expiresInDays, userId: null, actor: operator });

  test("a token is parsed only if it is complete", () => {
    const token = { kind: "agent", id: "0".repeat(20), secret: "A".repeat(43) } as const;
    expect(parseToken(formatToken(token))).toEqual(token);
    for (const text of [
      "",
      "hg_agent_",
      formatToken(token).slice(1),
      formatToken(token).slice(0, -1),
      `${formatToken(token)}x`,
      formatToken(token).replace("agent", "owner"),
    ]) {
      expect(parseToken(text)).toBeNull();
    }
  });

  test("a token with its secret is valid until expiry or revocation", async () => {
    const directory = openDirectory(env.DB);
    const { view, secret } = await make(directory, 1);
    const parsed = parseToken(secret);
    if (!parsed) throw new Error("the new token cannot be parsed");
    expect(await checkToken(directory, parsed)).toMatchObject({ ok: true, token: { id: view.id, role: "editor" } });
    expect(await checkToken(directory, { ...parsed, kind: "agent" })).toEqual({ ok: false, why: "unknown" });
    expect(await checkToken(directory, { ...parsed, secret: "A".repeat(43) })).toEqual({ ok: false, why: "unknown" });
    const later = directoryAt(() => Date.now() + DAY_MS);
    expect(await checkToken(later, parsed)).toEqual({ ok: false, why: "expired" });
    await revokeToken(directory, { place: acme.place, id: view.id, actor: operator });
    expect(await checkToken(directory, parsed)).toEqual({ ok: false, why: "revoked" });
  });

  test("a token cannot be listed or revoked from another deployment", async () => {
    const directory = openDirectory(env.DB);
    const { view } = await make();
    expect(await revokeToken(directory, { place: globex.place, id: view.id, actor: operator })).toBeNull();
    expect((await listTokens(directory, globex.place.id)).map((one) => one.id)).not.toContain(view.id);
    expect((await listTokens(directory, acme.place.id)).find((one) => one.id === view.id)).toEqual(view);
  });

  test("revoking a token twice adds one audit entry", async () => {
    const directory = openDirectory(env.DB);
    const { view } = await make();
    const first = await revokeToken(directory, { place: acme.place, id: view.id, actor: operator });
    const second = await revokeToken(directory, { place: acme.place, id: view.id, actor: operator });
    expect(second).toEqual(first);
    const { results } = await env.DB.prepare("SELECT before, after FROM audit WHERE action = 'token.revoke' AND target = ?")
      .bind(view.id)
      .all<{ before: string; after: string }>();
    expect(results).toHaveLength(1);
    expect(results[0]?.before).toContain('"revokedAt":null');
  });

  test("the last use of a token is stored every five minutes", async () => {
    const directory = openDirectory(env.DB);
    const { secret } = await make();
    const parsed = parseToken(secret);
    if (!parsed) throw new Error("the new token cannot be parsed");
    const use = async (at: number): Promise<number | null> => {
      const checked = await checkToken(directory, parsed);
      if (!checked.ok) throw new Error("the token is not good");
      await noteTokenUse(
        directoryAt(() => at),
        checked.token,
      );
      const after = await checkToken(directory, parsed);
      return after.ok ? after.token.lastUsedAt : null;
    };
    const start = Date.now();
    expect(await use(start)).toBe(start);
    expect(await use(start + 60_000)).toBe(start);
    expect(await use(start + 6 * 60_000)).toBe(start + 6 * 60_000);
  });

  test("a token that has just ended is found to close its sockets", async () => {
    const { view } = await make(
      directoryAt(() => Date.now() - DAY_MS - 60_000),
      1,
    );
    const revoked = await make(
      directoryAt(() => Date.now() - DAY_MS - 60_000),
      1,
    );
    await revokeToken(openDirectory(env.DB), { place: acme.place, id: revoked.view.id, actor: operator });
    const ended = (withinMs: number) => justEndedTokens(openDirectory(env.DB), acme.place.id, withinMs);
    expect(await ended(15 * 60_000)).toEqual(expect.arrayContaining([view.id, revoked.view.id]));
    expect(await ended(0)).toEqual([]);
  });
});

test("a person with one e-mail address is the same in two organizations", async () => {
  const directory = openDirectory(env.DB);
  const person = { name: "Ada", email: "ada@example.test" };
  const members = [];
  for (const { place } of [acme, globex]) {
    members.push(
      await ensureMember(directory, { organizationId: place.organizationId, person, role: "viewer", deploymentId: null, actor: operator }),
    );
  }
  expect(members[0]).toEqual(members[1]);
});

test("secrets of run configurations are not in the audit log", async () => {
  const directory = openDirectory(env.DB);
  const after = {
    target: { job: "load" },
    config: { db: { password: "a-secret-value", host: "db" }, list: [{ api_key: "a-secret-value" }], retries: 3 },
  };
  await writeAudit(directory, { actor: operator, action: "runs.launch", target: "with secrets", after });
  const { results } = await env.DB.prepare("SELECT after FROM audit WHERE target = 'with secrets'").all();
  expect(JSON.parse(String(results[0]?.["after"]))).toEqual({
    target: { job: "load" },
    config: { db: { password: "*****", host: "db" }, list: [{ api_key: "*****" }], retries: 3 },
  });
});

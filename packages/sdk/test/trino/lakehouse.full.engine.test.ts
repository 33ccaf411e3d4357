/** The lakehouse for real: Trino writes Iceberg tables into Garage, and Nessie knows them. Sign-in with a password, too. */
import { pbkdf2Sync, randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defineAsset } from "../../src/definitions/asset.ts";
import { materialize } from "../../src/testing/index.ts";
import { icebergMaterialization, icebergMetadata, icebergTable, trinoResource } from "../../src/integrations/trino/index.ts";
import { makeAuthority } from "@headgate/shared/testing/certificates.ts";
import { openTrino, rejection } from "./open-trino.test-support.ts";
import { dataFolder, engineScript, freePort, startTrinoServer, type TrinoServer } from "./trino-server.test-support.ts";

interface S3Server {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  stop(): Promise<void>;
}
interface Nessie {
  readonly uri: string;
  readonly warehouse: string;
  stop(): Promise<void>;
}
interface Scripts {
  startS3Server(options: { dataDir: string; engine: string; onProgress(line: string): void }): Promise<S3Server>;
  startNessie(options: { dataDir: string; s3: S3Server; onProgress(line: string): void }): Promise<Nessie>;
  icebergOnRest(options: { uri: string; warehouse: string; s3: S3Server }): Record<string, string>;
}

const authority = makeAuthority();
const onProgress = (line: string): void => console.log(line);
const started: { stop(): Promise<void> }[] = [];
let server: TrinoServer;
let httpsPort = 0;

beforeAll(async () => {
  const { startS3Server } = await engineScript<Scripts>("s3-server.mjs");
  const { startNessie } = await engineScript<Scripts>("nessie-server.mjs");
  const { icebergOnRest } = await engineScript<Scripts>("trino-server.mjs");
  const dataDir = await dataFolder("lakehouse");
  const folder = (name: string): string => {
    rmSync(join(dataDir, name), { recursive: true, force: true });
    mkdirSync(join(dataDir, name), { recursive: true });
    return join(dataDir, name);
  };
  const s3 = await startS3Server({ dataDir: await dataFolder("lakehouse-garage"), engine: "garage", onProgress });
  started.push(s3);
  const nessie = await startNessie({ dataDir: await dataFolder("lakehouse-nessie"), s3, onProgress });
  started.push(nessie);
  const secrets = folder("secrets");
  const file = (name: string, text: string): string => {
    writeFileSync(join(secrets, name), text);
    return join(secrets, name);
  };
  const { cert, key } = authority.issue("trino");
  const salt = randomBytes(16);
  // Trino checks PBKDF2 with SHA-1 only.
  const hash = pbkdf2Sync("s3cret", salt, 1000, 32, "sha1");
  const passwords = file("password.db", `ada:1000:${salt.toString("hex")}:${hash.toString("hex")}\n`);
  httpsPort = await freePort();
  server = await startTrinoServer({
    dataDir: await dataFolder("lakehouse-trino"),
    withPasswords: true,
    catalogs: { lakehouse: icebergOnRest({ ...nessie, s3 }) },
    config: {
      "http-server.https.enabled": "true",
      "http-server.https.port": String(httpsPort),
      "http-server.https.keystore.path": file("server.pem", cert + key),
      "http-server.authentication.type": "PASSWORD",
      "password-authenticator.config-files": file(
        "authenticator.properties",
        `password-authenticator.name=file\nfile.password-file=${passwords}\n`,
      ),
      "http-server.authentication.allow-insecure-over-http": "true",
      "internal-communication.shared-secret": randomBytes(32).toString("hex"),
    },
  });
  started.push(server);
});

afterAll(async () => {
  for (const each of started.toReversed()) await each.stop();
});

const TABLE = "lakehouse.gold.customers";
const WRITES = [
  "create schema if not exists lakehouse.gold",
  `create or replace table ${TABLE} as select custkey, name, nationkey from tpch.tiny.customer`,
  `delete from ${TABLE} where nationkey = 1`,
  `merge into ${TABLE} t using (values (1, 'renamed'), (9999, 'new')) s(custkey, name) on t.custkey = s.custkey
   when matched then update set name = s.name when not matched then insert (custkey, name, nationkey) values (s.custkey, s.name, 0)`,
];

test("an asset's table lies in Garage, and its materialization has the snapshot of Nessie's table", async () => {
  const trino = trinoResource({ url: server.url, catalog: "lakehouse" });
  const customers = defineAsset({
    key: "gold/customers",
    requires: [trino],
    run: ({ resources, log }) =>
      icebergMaterialization({
        trino: resources.trino,
        log,
        table: TABLE,
        write: async (to) => {
          for (const statement of WRITES) await to.execute(statement);
        },
      }),
  });
  const result = await materialize([customers]);
  expect(result.failures).toEqual([]);
  const { trino: direct } = await openTrino({ url: server.url });
  const now = await icebergTable(direct, TABLE);
  const count = await direct.scalar(`select count(*) from ${TABLE}`);
  expect(now).toMatchObject({ rowCount: count, snapshot: { operation: "overwrite" } });
  expect(result.materialization("gold/customers")).toMatchObject({
    dataVersion: now?.snapshot?.id,
    metadata: { row_count: { value: count }, snapshot_id: { value: now?.snapshot?.id }, operation: { value: "append, delete, overwrite" } },
  });
  const paths = await direct.all<{ path: string }>(`select file_path as path from lakehouse.gold."customers$files"`);
  expect(paths.length).toBeGreaterThan(0);
  for (const { path } of paths) expect(path).toMatch(/^s3:\/\/lakehouse\/warehouse\/gold\/customers/);
});

test("what a catalog forgot is not counted, and the metadata says so", async () => {
  const { trino } = await openTrino({ url: server.url, catalog: "lakehouse", schema: "gold" });
  await trino.execute("create table forgotten as select 1 as n");
  const since = await icebergTable(trino, "lakehouse.gold.forgotten");
  await trino.execute("insert into forgotten values 2");
  expect(await icebergMetadata(trino, "lakehouse.gold.forgotten", { since })).toMatchObject({
    added_records: 1,
    row_count: 2,
    changes_incomplete: undefined,
  });
  await trino.execute("insert into forgotten values 3");
  expect(await icebergMetadata(trino, "lakehouse.gold.forgotten", { since })).toMatchObject({
    added_records: 1,
    row_count: 3,
    changes_incomplete: true,
  });
});

test("tables are renamed, viewed and dropped, which a file metastore on S3 cannot", async () => {
  const { trino } = await openTrino({ url: server.url, catalog: "lakehouse", schema: "gold" });
  await trino.execute("create table a as select 1 as n");
  await trino.execute("alter table a rename to b");
  await trino.execute("create view v as select n + 1 as m from b");
  expect(await trino.scalar("select m from v")).toBe(2);
  await trino.execute("drop view v");
  await trino.execute("drop table b");
  expect(await icebergTable(trino, "lakehouse.gold.b")).toBeNull();
});

test("a password signs in over https; a wrong one, another user's name and plain http do not", async () => {
  const url = `https://127.0.0.1:${httpsPort}`;
  const as = async (options: Parameters<typeof openTrino>[0], env: Record<string, string> = {}): Promise<unknown> => {
    const { trino } = await openTrino({ url, ca: authority.cert, ...options }, env);
    return await trino.scalar("select current_user");
  };
  const auth = { type: "basic", password: { env: "TRINO_PASSWORD" } } as const;
  expect(await as({ user: "ada", auth }, { TRINO_PASSWORD: "s3cret" })).toBe("ada");
  expect(await rejection(as({ user: "ada", auth }, { TRINO_PASSWORD: "wrong" }))).toMatchObject({ name: "UNAUTHENTICATED" });
  expect(await rejection(as({ user: "bob", auth: { ...auth, user: "ada" } }, { TRINO_PASSWORD: "s3cret" }))).toMatchObject({
    name: "PERMISSION_DENIED",
  });
  expect(await rejection(as({ url: server.url, user: "ada", auth }, { TRINO_PASSWORD: "s3cret" }))).toMatchObject({
    message: expect.stringContaining("needs https"),
  });
});

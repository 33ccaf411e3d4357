import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { makeAuthority } from "@headgate/shared/testing/certificates.ts";
import { signature, startFakeTrino } from "./fake-trino.test-support.ts";
import { openTrino, rejection } from "./open-trino.test-support.ts";

const PAGES = [{}, { columns: [["n", signature("integer")]], data: "[[1]]" }] as const;
const authority = makeAuthority();
const server = authority.issue("trino");

test("a server whose authority is not known is not spoken to, and one whose authority is given is", async () => {
  const trino = await startFakeTrino({ pages: PAGES, tls: server });
  const { trino: careless } = await openTrino({ host: "127.0.0.1", port: trino.port, https: true });
  expect(await rejection(careless.scalar("select 1"))).toMatchObject({
    name: "CERTIFICATE_REJECTED",
    retryable: false,
    message: expect.stringContaining("Set `ca`"),
  });
  expect(trino.seen).toEqual([]);
  const { trino: trusting } = await openTrino({ host: "localhost", port: trino.port, https: true, ca: authority.cert });
  expect(await trusting.scalar("select 1")).toBe(1);
});

test("passwords and tokens come from the agent's environment and go with every request", async () => {
  const folder = mkdtempSync(join(tmpdir(), "headgate-ca-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ca = join(folder, "ca.pem");
  writeFileSync(ca, authority.cert);
  const trino = await startFakeTrino({ pages: PAGES, tls: server });
  const env = { TRINO_PASSWORD: "s3cret:ä", TRINO_TOKEN: "e.y.J" };
  const basic = await openTrino({ url: trino.url, ca, user: "ada", auth: { type: "basic", password: { env: "TRINO_PASSWORD" } } }, env);
  await basic.trino.scalar("select 1");
  const jwt = await openTrino({ url: trino.url, ca, auth: { type: "jwt", token: { env: "TRINO_TOKEN" } } }, env);
  await jwt.trino.scalar("select 1");
  const expected = `Basic ${Buffer.from("ada:s3cret:ä").toString("base64")}`;
  expect(trino.seen.map(({ headers }) => headers.authorization)).toEqual([expected, expected, "Bearer e.y.J", "Bearer e.y.J"]);
});

test("a client certificate is shown to a server that asks for one", async () => {
  const client = authority.issue("etl");
  const names: unknown[] = [];
  const trino = await startFakeTrino({
    pages: PAGES,
    tls: { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    onSocket: (socket) => names.push((socket as TLSSocket).getPeerCertificate().subject?.CN),
  });
  const { trino: signedIn } = await openTrino({ url: trino.url, ca: authority.cert, auth: { type: "certificate", ...client } });
  expect(await signedIn.scalar("select 1")).toBe(1);
  expect(names).toContain("etl");
  const { trino: nobody } = await openTrino({ url: trino.url, ca: authority.cert, patience: 0.2 });
  expect(await rejection(nobody.scalar("select 1"))).toMatchObject({ type: "CONNECTION" });
});

test("plain HTTP spoken to a TLS port, and the other way round, is an error that says so", async () => {
  const secure = await startFakeTrino({ pages: PAGES, tls: server });
  const { trino: plain } = await openTrino({ host: "127.0.0.1", port: secure.port, patience: 0.2 });
  expect(await rejection(plain.scalar("select 1"))).toMatchObject({ type: "CONNECTION", message: expect.stringContaining("right?") });
  const open = await startFakeTrino({ pages: PAGES });
  const { trino: tls } = await openTrino({ host: "127.0.0.1", port: open.port, https: true, ca: authority.cert });
  expect(await rejection(tls.scalar("select 1"))).toMatchObject({
    name: "CERTIFICATE_REJECTED",
    message: expect.stringContaining("correct host and port"),
  });
});

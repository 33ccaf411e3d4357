/** Commands inside a project whose embedded server runs. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { openDataFolder, type DataFolder } from "../src/embedded/data-folder.ts";
import { headgate } from "./command-line.test-support.ts";
import { startFixtureControlPlane } from "./fixture-control-plane.test-support.ts";
import { temporaryProject } from "./project.test-support.ts";

function projectServedBy(url: string): { readonly cwd: string; readonly data: DataFolder } {
  const cwd = temporaryProject();
  const data = openDataFolder(join(cwd, ".headgate"));
  onTestFinished(() => data.close());
  data.saveSecrets({ ...data.secrets, organization: "acme", deployment: "prod", apiToken: "hg_api_own" });
  data.setRunning(url);
  return { cwd, data };
}

/** It knows one token and keeps what it was asked with. */
async function serverWithToken(known: string) {
  const seen: string[] = [];
  const addresses: string[] = [];
  const server = createServer((request, response) => {
    const { authorization = "" } = request.headers;
    seen.push(authorization);
    addresses.push(request.url ?? "");
    const isKnown = authorization === `Bearer ${known}`;
    const refusal = { error: { code: "unauthenticated", message: "The credentials are missing or wrong." } };
    response.writeHead(isKnown ? 404 : 401, { "content-type": "application/json" }).end(JSON.stringify(isKnown ? {} : refusal));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, addresses };
}

test.each([
  ["--token", ["--token", "hg_api_wrong"], {}],
  ["HEADGATE_TOKEN", [], { HEADGATE_TOKEN: "hg_api_wrong" }],
])("a wrong token from %s is refused by the embedded server", async (_, args, env) => {
  const { url, seen } = await serverWithToken("hg_api_own");
  const { cwd } = projectServedBy(url);
  for (const command of ["publish", "runs"]) {
    const { code, stderr } = await headgate([command, ...args], { cwd, env });
    expect(code).not.toBe(0);
    expect(stderr).toContain(`The embedded server at ${url} does not know this token. Give --url`);
  }
  expect(new Set(seen)).toEqual(new Set(["Bearer hg_api_wrong"]));
});

test.each([
  ["HEADGATE_DEPLOYMENT", [], { HEADGATE_DEPLOYMENT: "other/staging" }],
  ["--deployment", ["--deployment", "other/staging"], { HEADGATE_DEPLOYMENT: "third/prod" }],
])("the embedded server is asked for the deployment of %s", async (_, args, env) => {
  const { url, addresses } = await serverWithToken("hg_api_own");
  const { cwd } = projectServedBy(url);
  await headgate(["runs", ...args], { cwd, env });
  expect(addresses.every((address) => address.startsWith("/api/other/staging/"))).toBe(true);
  expect(addresses.length).toBeGreaterThan(0);
});

test("a run names its version and a publish in progress", async () => {
  const controlPlane = await startFixtureControlPlane();
  onTestFinished(() => controlPlane.stop());
  const { cwd, data } = projectServedBy(controlPlane.url);
  const launch = async () => (await headgate(["run", "full_refresh", "--no-wait"], { cwd })).stderr;
  expect(await launch()).toMatch(/it uses version 4 of \w+/);
  expect(await launch()).not.toContain("publishing");
  data.setPublishing(true);
  expect(await launch()).toContain("headgate dev is publishing a change, which this run does not use");
});

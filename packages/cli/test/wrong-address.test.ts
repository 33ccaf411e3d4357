import { createServer } from "node:http";
import { expect, onTestFinished, test } from "vitest";
import { headgate } from "./command-line.test-support.ts";
import { temporaryFolder } from "./project.test-support.ts";

/** A web server that answers everything with a page. */
async function pageServer(): Promise<string> {
  const server = createServer((_request, response) => void response.setHeader("content-type", "text/html").end("<!doctype html><p>hi</p>"));
  onTestFinished(() => void server.close());
  const port = await new Promise<number>((ready) =>
    server.listen(0, "127.0.0.1", () => ready((server.address() as { port: number }).port)),
  );
  return `127.0.0.1:${port}`;
}

const assets = (env: NodeJS.ProcessEnv) => headgate(["assets"], { cwd: temporaryFolder(), env });

test.each([
  ["without a deployment", {}],
  ["with a deployment", { HEADGATE_DEPLOYMENT: "acme/prod" }],
])("an address that answers with a page is told apart, %s", async (_what, env) => {
  const url = `http://${await pageServer()}`;
  const { code, stderr } = await assets({ HEADGATE_URL: url, HEADGATE_TOKEN: "hg_api_x", ...env });
  expect(stderr).toContain(`error: What answers at ${url} is not the API of a control plane. Give only the scheme, host and port`);
  expect(stderr).not.toContain("    at ");
  expect(code).toBe(2);
});

test("https at a server that speaks http is told", async () => {
  const url = `https://${await pageServer()}`;
  const { code, stderr } = await assets({ HEADGATE_URL: url, HEADGATE_TOKEN: "hg_api_x" });
  expect(stderr).toContain(`error: The server at ${url} does not speak https. Write http://`);
  expect(code).toBe(1);
});

test.each(["hg_api_☃", "hg_api_a\nb", "hg_api a"])("the token %j is refused before it is sent", async (token) => {
  const { code, stderr } = await assets({ HEADGATE_URL: `http://${await pageServer()}`, HEADGATE_TOKEN: token });
  expect(stderr).toContain("error: The API token has a space, a line break or a letter that no token has.");
  expect(code).toBe(2);
});

/** Wrong credentials of a new user, against a running server: each answer names the thing, what is wrong with it, and what to do. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { headgate } from "./support/cli.ts";
import { removeFolder, startStack, temporaryFolder, type Stack } from "./support/stack.ts";
import { writeStepsProject } from "./support/steps-project.ts";

let folder: string;
let stack: Stack;
let agentToken: string;
let viewerToken: string;

beforeAll(async () => {
  folder = temporaryFolder("credentials");
  writeStepsProject(join(folder, "p"), { width: 1, depth: 1, sleepMs: 10, retries: 0 });
  stack = await startStack({ project: join(folder, "p"), data: join(folder, "data") });
  agentToken = (await stack.api.tokens.create.mutate({ name: "edge", kind: "agent" })).secret;
  viewerToken = (await stack.api.tokens.create.mutate({ name: "reader", kind: "api", role: "viewer" })).secret;
});
afterAll(async () => {
  await stack?.stop();
  removeFolder(folder);
});

interface Mistake {
  readonly what: string;
  /** Default: `runs`. */
  readonly args?: () => readonly string[];
  readonly env: () => Readonly<Record<string, string>>;
  readonly says: readonly string[];
}

const port = (): string => new URL(stack.url).port;
const changed = (token: string): string => `${token.slice(0, -1)}${token.endsWith("a") ? "b" : "a"}`;
const PAGE = "Agents page of the dashboard";

const MISTAKES: readonly Mistake[] = [
  { what: "an empty variable", env: () => ({ HEADGATE_TOKEN: "" }), says: ["HEADGATE_TOKEN is empty", PAGE] },
  {
    what: "a token in quotes",
    env: () => ({ HEADGATE_TOKEN: `"${stack.token}"` }),
    says: ["is in quotes", "Leave them out of HEADGATE_TOKEN"],
  },
  { what: "a token with a line break", env: () => ({ HEADGATE_TOKEN: `${stack.token}\n` }), says: ["a line break", "Copy it again"] },
  {
    what: "a token with a wrong letter",
    env: () => ({ HEADGATE_TOKEN: changed(stack.token) }),
    says: ["the token is unknown", "copied completely", PAGE],
  },
  { what: "a word that is no token", env: () => ({ HEADGATE_TOKEN: "secret" }), says: ["not a token of Headgate", "hg_api_", PAGE] },
  {
    what: "an agent token",
    env: () => ({ HEADGATE_TOKEN: agentToken }),
    says: ["This is an agent token", "Set HEADGATE_TOKEN to an API token", PAGE],
  },
  {
    what: "a viewer that publishes",
    args: () => ["publish", "--project", join(folder, "p")],
    env: () => ({ HEADGATE_TOKEN: viewerToken }),
    says: ["needs the role 'editor'", "'reader' has 'viewer'", "use a token with the role 'editor'"],
  },
  {
    what: "a viewer that launches",
    args: () => ["run", "all"],
    env: () => ({ HEADGATE_TOKEN: viewerToken }),
    says: ["runs.launch needs the role 'launcher'", "use a token with the role 'launcher'"],
  },
  {
    what: "a viewer that makes tokens",
    args: () => ["agent", "token", "create", "edge"],
    env: () => ({ HEADGATE_TOKEN: viewerToken }),
    says: ["tokens.create needs the role 'admin'"],
  },
  { what: "https for http", env: () => ({ HEADGATE_URL: `https://127.0.0.1:${port()}` }), says: ["does not speak https", "Write http://"] },
  {
    what: "a closed port",
    env: () => ({ HEADGATE_URL: "http://127.0.0.1:9" }),
    says: ["Cannot reach the control plane at http://127.0.0.1:9"],
  },
  {
    what: "a path in the address",
    env: () => ({ HEADGATE_URL: `${stack.url}/local/dev` }),
    says: ["is not the API of a control plane", "Give only the scheme, host and port"],
  },
  {
    what: "an address without scheme",
    env: () => ({ HEADGATE_URL: `127.0.0.1:${port()}` }),
    says: ["is not an http or https address", "HEADGATE_URL"],
  },
  {
    what: "another deployment",
    env: () => ({ HEADGATE_DEPLOYMENT: "local/prod" }),
    says: ["no deployment 'local/prod'", "leave out --deployment"],
  },
  {
    what: "another organization",
    env: () => ({ HEADGATE_DEPLOYMENT: "acme/dev" }),
    says: ["no deployment 'acme/dev'", "belongs to another one"],
  },
  { what: "half a deployment", env: () => ({ HEADGATE_DEPLOYMENT: "dev" }), says: ["'dev' is not a deployment", "e.g. acme/prod"] },
];

describe("credentials of the command line", () => {
  it.each(MISTAKES)("$what is refused with a remedy", async ({ args, env, says }) => {
    const { code, stderr } = await headgate(args?.() ?? ["runs"], { stack, env: env() });
    for (const part of says) expect(stderr).toContain(part);
    expect(code).toBeGreaterThan(0);
    expect(stderr).not.toContain(stack.token);
  });
});

describe("login links", () => {
  const enter = async (url: string): Promise<{ readonly status: number; readonly text: string }> => {
    const response = await fetch(url, { method: "POST", redirect: "manual" });
    return { status: response.status, text: await response.text() };
  };

  it("a link works once, and then says how to get another", async () => {
    expect((await enter(stack.loginUrl)).status).toBe(303);
    const used = await enter(stack.loginUrl);
    expect(used.status).toBe(401);
    expect(used.text).toMatch(/This login link is used or expired[\s\S]*Make a new one with[\s\S]*headgate login/);
  });

  it("a link of another server is refused in the same words", async () => {
    const { status, text } = await enter(`${stack.url}/login/of-another-server`);
    expect([status, text.includes("used or expired")]).toEqual([401, true]);
  });
});

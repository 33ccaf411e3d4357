import { afterAll, beforeAll, expect, test } from "vitest";
import { startFixtureControlPlane, type FixtureControlPlane } from "./fixture-control-plane.test-support.ts";

let plane: FixtureControlPlane;
beforeAll(async () => {
  plane = await startFixtureControlPlane();
}, 60_000);
afterAll(() => plane.stop());

test("an agent token is shown once with the command for it", async () => {
  const { code, stdout } = await plane.run("agent", "token", "create", "cluster-eu");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^token hg_agent_\S+\n/);
  expect(stdout).toContain(`headgate agent --url ${plane.url} --token-file agent-token`);
  expect(stdout).not.toContain("helm");
});

test("the commands for Helm do not have the token in them", async () => {
  const { code, stdout, stderr } = await plane.run(
    "agent",
    "token",
    "create",
    "cluster-eu",
    "--helm",
    "--queue",
    "gpu",
    "--namespace",
    "data",
  );
  expect(code).toBe(0);
  const secret = /hg_agent_\S+/.exec(stdout)?.[0] ?? "none";
  expect(stdout.split(secret)).toHaveLength(2);
  expect(stdout).toContain("kubectl --namespace data create secret generic headgate-agent --from-file=token=/dev/stdin");
  expect(stdout).toContain("helm install headgate-agent charts/headgate-agent --namespace data --wait");
  expect(stdout).toContain(`--set controlPlane.url=${plane.url}`);
  expect(stdout).toContain("--set controlPlane.queue=gpu");
  expect(stdout).toContain("--set token.existingSecret=headgate-agent");
  expect(stderr).toContain("pods cannot reach");
});

test("options after `token create` belong to it and not to `agent`", async () => {
  const [made] = await plane.json("agent", "token", "create", "ci", "--helm", "--url", plane.url, "--expires-in-days", "30");
  expect(made).toMatchObject({
    secret: expect.stringMatching(/^hg_agent_/) as unknown,
    commands: { namespace: "kubectl create namespace headgate" },
  });
});

test("a namespace that Kubernetes would refuse is refused here", async () => {
  const { code, stderr } = await plane.run("agent", "token", "create", "x", "--helm", "--namespace", "Data_1");
  expect(code).not.toBe(0);
  expect(stderr).toContain("A name in Kubernetes has at most 53 small letters");
});

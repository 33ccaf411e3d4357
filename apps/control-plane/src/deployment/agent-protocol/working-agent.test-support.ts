/** Makes a deployment with two assets in which one agent has a step. */
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import type { Hello } from "@headgate/shared/protocol/up.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";

export const lake = manifest(assetsOf({ a: [], b: [] }));

/** An agent with step `a`. */
export async function working(hello: Partial<Hello> = {}) {
  const deployment = await TestDeployment.with(lake);
  const agent = deployment.agent({ instance: "instance-a", slots: 1, ...hello });
  const run = deployment.launch({ selection: "a" });
  return { deployment, agent, run, job: agent.job("a") };
}

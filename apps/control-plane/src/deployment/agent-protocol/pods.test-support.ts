/** Makes a deployment in which an agent starts a pod for its step `a`. */
import type { AttemptRef } from "@headgate/shared/protocol/attempt.ts";
import { unwrap } from "@headgate/shared/domain/errors.ts";
import { assetsOf, manifest } from "../../../test/support/manifests.ts";
import { writeMeta } from "../kernel/meta-store.ts";
import { TestDeployment } from "../../testing/test-deployment.ts";
import { grantAttemptToken } from "./attempt-token.ts";

export const TOKEN = "tok_agent";

export function grant(deployment: TestDeployment, { run, step, epoch }: AttemptRef, token = TOKEN) {
  return deployment.commit((tx) => grantAttemptToken(tx, { ref: { run, step, epoch }, token }));
}

export function nameDeployment(deployment: TestDeployment, id = "dep-1"): void {
  deployment.commit((tx) => writeMeta(tx.db, "identity", JSON.stringify({ id, org: "acme", name: "prod" })));
}

/** The launcher has one slot and has asked for the token of its step. */
export async function launching(unit: object = {}, selection = "a") {
  const deployment = await TestDeployment.with(manifest(assetsOf({ a: [], b: [] }, { unit })));
  nameDeployment(deployment);
  const launcher = deployment.agent({ instance: "launcher", slots: 1 });
  const run = deployment.launch({ selection });
  const job = launcher.job("a");
  const { token } = unwrap(grant(deployment, job));
  return { deployment, launcher, run, job, token };
}

import { describe, expect, it } from "vitest";
import { testJob } from "../../../test/test-location.ts";
import { jobName } from "./job-name.ts";
import { jobOf, tokenSecretOf } from "./job-spec.ts";
import { podSettingsSchema } from "./pod-settings.ts";

interface Container {
  readonly env: readonly { readonly name: string; readonly value?: string }[];
  readonly volumeMounts: readonly { readonly name: string }[];
}
interface Template {
  readonly spec: { readonly containers: readonly [Container]; readonly volumes: readonly { readonly name: string }[] };
}

const settings = (given: Readonly<Record<string, unknown>> = {}) => podSettingsSchema.parse({ release: "lake", image: "a:1", ...given });

function podOf(given: Readonly<Record<string, unknown>> = {}): Template["spec"] {
  const job = jobOf(testJob("step"), {
    url: "https://plane",
    settings: settings(given),
    namespace: "runs",
    env: { HTTPS_PROXY: "http://proxy" },
  });
  return (job.spec["template"] as Template).spec;
}

describe("Job of an attempt", () => {
  it("the same attempt has one name, another epoch another name", () => {
    expect(jobName(testJob("step"))).toBe(jobName(testJob("step")));
    expect(jobName(testJob("step", { epoch: 2 }))).not.toBe(jobName(testJob("step")));
    expect(jobName(testJob("a very ".repeat(200))).length).toBeLessThan(53);
  });

  it("a variable of the user takes the place of the agent's", () => {
    const { env } = podOf({
      env: [
        { name: "HEADGATE_AGENT_DATA", value: "/data" },
        { name: "LAKE", value: "s3" },
      ],
    }).containers[0];
    expect(env.filter(({ name }) => name === "HEADGATE_AGENT_DATA")).toEqual([{ name: "HEADGATE_AGENT_DATA", value: "/data" }]);
    expect(env).toContainEqual({ name: "LAKE", value: "s3" });
    expect(env).toContainEqual({ name: "HTTPS_PROXY", value: "http://proxy" });
  });

  it("volumes of the user stand beside the token and the temporary folder", () => {
    const volume = { name: "lake", persistentVolumeClaim: { claimName: "lake" } };
    const pod = podOf({ volumes: [volume], volumeMounts: [{ name: "lake", mountPath: "/data" }] });
    expect(pod.volumes.map(({ name }) => name)).toEqual(["token", "tmp", "lake"]);
    expect(pod.volumes).toContainEqual(volume);
    expect(pod.containers[0].volumeMounts.map(({ name }) => name)).toEqual(["token", "tmp", "lake"]);
  });

  it("the token is only in the Secret that belongs to the Job", () => {
    const job = jobOf(testJob("step"), { url: "https://plane", settings: settings(), namespace: "runs", env: {} });
    const secret = tokenSecretOf({ ...job.metadata, uid: "u-1" }, "hgp_secret");
    expect(secret).toMatchObject({ metadata: { ownerReferences: [{ kind: "Job", uid: "u-1" }] }, data: { token: "aGdwX3NlY3JldA==" } });
    expect(JSON.stringify(job)).not.toContain("hgp_secret");
  });

  it.each([
    [{ image: "" }, "image"],
    [{ ttlSecondsAfterFinished: 5 }, "ttlSecondsAfterFinished"],
    [{ hostNetwork: true }, "hostNetwork"],
    [{ resources: { claims: [] } }, "claims"],
  ])("pod settings %j are refused by name", (given, name) => {
    const parsed = podSettingsSchema.safeParse({ release: "lake", image: "a:1", ...given });
    expect(parsed.success ? "" : JSON.stringify(parsed.error.issues)).toContain(name);
  });
});

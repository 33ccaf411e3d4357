import { expect, test } from "vitest";
import { headgate } from "./command-line.test-support.ts";
import { linkSdk, temporaryFolder } from "./project.test-support.ts";

test("a new project loads without changes", async () => {
  const folder = temporaryFolder();
  expect((await headgate(["init", "--name", "shop"], { cwd: folder })).code).toBe(0);
  linkSdk(folder);
  const result = await headgate(["validate", "--json"], { cwd: folder });
  expect(result.code).toBe(0);
  expect(JSON.parse(result.stdout)).toMatchObject({ location: "shop", ok: true, counts: { assets: 2, checks: 1, jobs: 1, schedules: 1 } });
});

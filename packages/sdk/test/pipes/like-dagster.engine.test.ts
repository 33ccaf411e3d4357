/** Runs all programs under Dagster itself, in an environment of its own, and under Headgate. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { comparable, DAGSTER_FOLDER, readRecording, underHeadgate, type Recording } from "./like-dagster.test-support.ts";

const folder = mkdtempSync(join(tmpdir(), "headgate-dagster-"));
let now: Recording;

beforeAll(() => {
  const venv = join(folder, "venv");
  execFileSync("python3", ["-m", "venv", venv]);
  execFileSync(join(venv, "bin/pip"), ["install", "--quiet", "dagster==1.13.27", "dagster-pipes==1.13.27"]);
  const file = join(folder, "recorded.json");
  execFileSync(join(venv, "bin/python"), ["-W", "ignore", join(DAGSTER_FOLDER, "record.py"), file], { stdio: "ignore" });
  now = readRecording(file);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("the recording of Dagster is what Dagster does", () => {
  expect(now).toEqual(readRecording());
});

it("every unchanged program reports under Headgate what it reports under Dagster", async () => {
  for (const program of now.programs) expect(comparable(await underHeadgate(program.name))).toEqual(comparable(program));
});

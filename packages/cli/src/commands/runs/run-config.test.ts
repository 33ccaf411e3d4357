import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { readRunConfig } from "./run-config.ts";

function folderWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "headgate-run-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "run.json"), text);
  return folder;
}

it.each([
  ["quotes that the shell took", "{}", "{a:1}", "--config takes the name of a JSON file, and '{a:1}' is no name of a file."],
  ["JSON on the command line", "{}", '{"a":1}', `'{"a":1}' is no name of a file.`],
  ["a file that is not there", "{}", "rum.json", "rum.json cannot be read: there is no such file."],
  ["text", "a: 1", "run.json", "run.json is not JSON: "],
  ["a list", "[1]", "run.json", "run.json is a list, not an object."],
  ["nothing", "null", "run.json", "run.json is null, not an object."],
  ["a mistyped part", '{"asset":{}}', "run.json", "has no part 'asset'. Did you mean 'assets'?"],
  ["a part of Dagster", '{"ops":{}}', "run.json", "has no part 'ops'. Write an object such as"],
  ["a part that is a list", '{"assets":[]}', "run.json", "'assets' of the run config "],
])("a run config of %s is refused with the right form", (_what, text, given, message) => {
  const folder = folderWith(text);
  expect(() => readRunConfig(given, folder)).toThrow(message);
  expect(() => readRunConfig(given, folder)).toThrow("--config run.json.");
});

it("a run config is read from its file", () => {
  expect(readRunConfig("run.json", folderWith('{"assets":{"a":{"day":1}}}'))).toEqual({ assets: { a: { day: 1 } } });
});

import { expect, test } from "vitest";
import { REPOSITORY } from "./project.test-support.ts";

interface Lock {
  packages: Record<string, Record<string, unknown>>;
}
interface LockOptional {
  addMissingOptionals(lock: Lock): string[];
  platformOf(name: string): Record<string, unknown> | null;
}

interface StartEngine {
  readFlags(flags: readonly string[], root: string): { readonly engine: string; readonly flags: readonly string[]; readonly data: string };
}

const { addMissingOptionals, platformOf } = (await import(`${REPOSITORY}/scripts/lock-optional.mjs`)) as LockOptional;
const { failuresOf } = (await import(`${REPOSITORY}/scripts/failed-tests.mjs`)) as {
  failuresOf(report: { readonly root: string; readonly testResults: readonly unknown[] }): string[];
};
const { readFlags } = (await import(`${REPOSITORY}/scripts/start-engine.mjs`)) as StartEngine;

test("npm start passes unknown flags to headgate dev and separates the state of engines", () => {
  expect(readFlags(["--once"], "/root")).toEqual({
    engine: "duckdb",
    flags: ["--data", "/root/.headgate", "--once"],
    data: "/root/.headgate",
  });
  expect(readFlags(["--engine", "trino", "--port", "5000"], "/root")).toEqual({
    engine: "trino",
    flags: ["--data", "/root/.headgate/trino", "--port", "5000"],
    data: "/root/.headgate/trino",
  });
  expect(readFlags(["--data=/tmp/two", "--engine=duckdb"], "/root")).toEqual({
    engine: "duckdb",
    flags: ["--data=/tmp/two"],
    data: "/tmp/two",
  });
  expect(() => readFlags(["--engine", "postgres"], "/root")).toThrow('There is no engine "postgres": --engine takes duckdb or trino.');
});

test("optional platform packages that are missing in the lock get one stub", () => {
  const lock: Lock = {
    packages: {
      "": {},
      "node_modules/tool": {
        version: "1.0.0",
        dev: true,
        optionalDependencies: { "@tool/darwin-arm64": "1.0.0", "@tool/linux-x64": "1.0.0", "plain-optional": "1.0.0" },
      },
      "node_modules/@tool/linux-x64": { version: "1.0.0" },
    },
  };
  expect(addMissingOptionals(lock)).toEqual(["node_modules/@tool/darwin-arm64"]);
  expect(lock.packages["node_modules/@tool/darwin-arm64"]).toEqual({
    version: "1.0.0",
    cpu: ["arm64"],
    dev: true,
    optional: true,
    os: ["darwin"],
  });
  expect(addMissingOptionals(lock)).toEqual([]);
});

test("a platform package with another version at the top gets a nested stub", () => {
  const lock: Lock = {
    packages: {
      "node_modules/tool": { version: "2.0.0", optionalDependencies: { "@tool/darwin-x64": "2.0.0" } },
      "node_modules/@tool/darwin-x64": { version: "1.0.0" },
    },
  };
  expect(addMissingOptionals(lock)).toEqual(["node_modules/tool/node_modules/@tool/darwin-x64"]);
});

test("the platform of a package is read from its name", () => {
  expect(platformOf("@turbo/windows-64")).toEqual({ os: "win32", cpu: "x64", libc: undefined });
  expect(platformOf("@oxfmt/binding-linux-x64-musl")).toEqual({ os: "linux", cpu: "x64", libc: "musl" });
  expect(platformOf("bufferutil")).toBeNull();
});

test("failed tests are listed by file, name and first lines", () => {
  const passed = { status: "passed", fullName: "adds", failureMessages: [] };
  const failed = { status: "failed", fullName: "removes", failureMessages: [`expected 1 to be 2\n${"    at line\n".repeat(40)}`] };
  const lines = failuresOf({
    root: "/root",
    testResults: [
      { name: "/root/a.test.ts", status: "failed", message: "", assertionResults: [passed, failed] },
      { name: "/root/b.test.ts", status: "failed", message: "Cannot find module 'c'", assertionResults: [] },
      { name: "/root/d.test.ts", status: "passed", message: "", assertionResults: [passed] },
    ],
  });
  expect(lines).toHaveLength(2);
  expect(lines[0]?.split("\n").slice(0, 2)).toEqual(["FAILED a.test.ts: removes", "  expected 1 to be 2"]);
  expect(lines[0]?.split("\n")).toHaveLength(13);
  expect(lines[1]).toBe("FAILED b.test.ts\n  Cannot find module 'c'");
});

import { expect, it } from "vitest";
import { versionName } from "./version-name.ts";

it("a version of a code location is named by its number", () => {
  expect(versionName({ location: "lakehouse", version: "lakehouse-12-0a9e1bc3" })).toBe("version 12");
  expect(versionName({ location: "my-3-lake", version: "my-3-lake-4-0a9e1bc3" })).toBe("version 4");
  expect(versionName({ location: "lakehouse", version: "v4" })).toBe("v4");
});

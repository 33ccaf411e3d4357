import { expect, it, describe } from "vitest";
import { missingIn } from "./missing-in-package.ts";
import { projectTemplate } from "./template.ts";

const wanted = projectTemplate("shop")["package.json"] ?? "";
const all = { "@headgate/sdk": "*", "@headgate/cli": "*", "@types/node": "*", typescript: "*" };

describe("a package.json that was there before init", () => {
  it.each([
    ["has everything", { type: "module", dependencies: { "@headgate/sdk": "*" }, devDependencies: { ...all } }, []],
    ["has everything among its dependencies", { type: "module", dependencies: all }, []],
    ["is no module", { dependencies: all }, ['"type": "module"']],
    [
      "has both packages and nothing else",
      { type: "module", dependencies: { "@headgate/sdk": "*" }, devDependencies: { "@headgate/cli": "*" } },
      ["@types/node, typescript to devDependencies"],
    ],
    ["is empty", {}, ['"type": "module"', "@headgate/sdk to dependencies", "@headgate/cli, @types/node, typescript to devDependencies"]],
  ])("a package.json that %s is told only what it lacks", (_name, present, expected) => {
    expect(missingIn(JSON.stringify(present), wanted)).toEqual(expected);
  });
});

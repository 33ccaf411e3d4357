/** How the calls of one request reach a deployment. */
import { expect, it } from "vitest";
import type { DeploymentProcedures } from "@headgate/shared/contract/deployment.ts";
import { ok } from "@headgate/shared/domain/errors.ts";
import { whileWanted } from "./while-wanted.ts";

function deployment() {
  const answers: (() => void)[] = [];
  let most = 0;
  let running = 0;
  const procedures = {
    ask: async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => answers.push(resolve));
      running--;
      return ok(null);
    },
    perform: async () => ok(null),
  } as unknown as DeploymentProcedures;
  return { procedures, answers, most: () => most };
}
const turn = () => new Promise((resolve) => setTimeout(resolve));

it("a batch asks for two things at a time", async () => {
  const { procedures, answers, most } = deployment();
  const wanted = whileWanted(procedures, { signal: new AbortController().signal, caller: "tok_1" });
  const all = Promise.all(Array.from({ length: 5 }, () => wanted.ask("home.get", undefined)));
  for (let answered = 0; answered < 5; answered++) {
    await turn();
    answers[answered]?.();
  }
  expect((await all).every((answer) => answer.ok)).toBe(true);
  expect(most()).toBe(2);
});

it("a batch asks for nothing more when its client is gone", async () => {
  const { procedures, answers } = deployment();
  const client = new AbortController();
  const wanted = whileWanted(procedures, { signal: client.signal, caller: "tok_1" });
  const all = Promise.all(Array.from({ length: 5 }, () => wanted.ask("home.get", undefined)));
  await turn();
  client.abort();
  for (const answer of answers) answer();
  expect((await all).map((answer) => answer.ok)).toEqual([true, true, false, false, false]);
  expect(answers).toHaveLength(2);
});

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputSplitter } from "./output-splitter.ts";

describe("splitting the output of a worker", () => {
  it("wherever the pipe cuts, a step gets exactly its bytes", async () => {
    const marker = "\0end of it\0\n";
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom("a", "\0", "e", "n", "\n", "é"), maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 60 }),
        async (text, sizes) => {
          const splitter = new OutputSplitter();
          const parts: Buffer[] = [];
          splitter.begin(marker, (bytes) => parts.push(bytes));
          const ended = splitter.end(10_000);
          let rest = Buffer.from(`${text}${marker}after`);
          for (let i = 0; rest.length > 0; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            splitter.push(rest.subarray(0, size));
            rest = rest.subarray(size);
          }
          await ended;
          expect(Buffer.concat(parts).toString()).toBe(text);
        },
      ),
      { seed: 3 },
    );
  });
});

/**
 * What becomes of tests whose engine cannot be had here, e.g. for want of Maven, cargo or Go? They count as skipped, with one line that
 * says why. In continuous integration (`CI` is set) every engine must be there, and they fail.
 */
import { TestRunner } from "vitest";

// oxlint-disable-next-line import/no-default-export -- the test runner loads its runner so
export default class SkipUnavailable extends TestRunner {
  async onAfterRunSuite(suite) {
    const errors = suite.result?.errors ?? [];
    if (!process.env.CI && errors.length > 0 && errors.every(({ name }) => name === "EngineUnavailable")) {
      console.log(`skipped: ${suite.file.name}: ${errors[0].message}`);
      suite.mode = "skip";
      suite.result = { ...suite.result, state: "skip", errors: undefined };
    }
    return super.onAfterRunSuite(suite);
  }
}

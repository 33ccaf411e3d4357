import { describeExecutorContract } from "../../src/executors/executor-contract.test-support.ts";
import { DetachedExecutor } from "./detached-executor.ts";

describeExecutorContract("detached", (host) => new DetachedExecutor(2, host));

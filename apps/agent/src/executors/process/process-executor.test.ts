import { describeExecutorContract } from "../executor-contract.test-support.ts";
import { ProcessExecutor } from "./process-executor.ts";

const config = { slots: 2, modules: null, workerEnv: [], workerMemoryMb: 256, warmWorkers: 1 };
const workerMain = new URL("./worker-main.ts", import.meta.url);

describeExecutorContract("process", (host) => new ProcessExecutor({ config, env: { PATH: process.env["PATH"] }, workerMain }, host));

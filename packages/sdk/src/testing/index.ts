/** Entry point `@headgate/sdk/testing`: runs definitions in unit tests, without any server. */
export { evaluateSchedule, evaluateSensor } from "./evaluate.ts";
export type {
  EvaluateOptions,
  EvaluateSensorOptions,
  RequestedRun,
  TestAssetEvent,
  TestAssetsEvent,
  TestCheckEvent,
  TestEvent,
  TestRunEvent,
  TestWebhookEvent,
  TickEvaluation,
} from "./evaluate.ts";
export { materialize } from "./materialize.ts";
export type { MaterializeOptions, MaterializeResult } from "./materialize.ts";

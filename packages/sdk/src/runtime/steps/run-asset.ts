/** Runs the function of an asset or multi-asset and takes what it returns or yields. */
import type { StepOutcome } from "@headgate/shared/domain/run/event.ts";
import type { Asset } from "../../definitions/asset-type.ts";
import type { MultiAsset, MultiOutput } from "../../definitions/multi-asset.ts";
import { isMaterialization, isObservation } from "../../values/result.ts";
import { validateConfig } from "../config-values.ts";
import { loadInputs } from "./load-inputs.ts";
import { stepLogger } from "./logger.ts";
import { createOutputSink, type OutputSink } from "./output-sink.ts";
import { partitionValue } from "./partition-value.ts";
import { isResult, readResults, refuseHiddenResult, refuseRequest, type StepResult } from "./read-results.ts";
import { StepError } from "./step-error.ts";
import type { StepScope } from "./step-scope.ts";

export async function runAsset(asset: Asset, scope: StepScope): Promise<StepOutcome> {
  const sink = createOutputSink({ assets: [asset], scope });
  sink.start();
  return await sink.guard(async () => {
    const context = await buildContext(asset.key, asset["~definition"], scope);
    await consume(
      asset["~definition"].run({ ...context, asset: asset.key, log: stepLogger(scope.emit, asset.key) }),
      scope.signal,
      async (item, isReturn) => {
        const read = await readResults(`Asset "${asset.key}"`, item);
        if ("results" in read) for (const result of read.results) await takeResult(result, result.asset ?? asset.key, sink);
        else if (asset["~definition"].observable === true && typeof read.value === "string")
          sink.observe(asset.key, { dataVersion: read.value });
        else if (read.value !== undefined || !isReturn)
          await sink.materialize(asset.key, { value: read.value, hasValue: read.value !== undefined }, []);
      },
    );
    // An asset whose function returned nothing, or only checks, did its work all the same.
    if (!sink.has(asset.key)) {
      if (asset["~definition"].observable === true) sink.observe(asset.key, {});
      else await sink.materialize(asset.key, { value: undefined, hasValue: false }, []);
    }
    return sink.outcome();
  });
}

export async function runMultiAsset(multi: MultiAsset, scope: StepScope): Promise<StepOutcome> {
  const definition = multi["~definition"];
  const wanted = new Set(scope.job.assets);
  const selected = new Map(Object.entries(definition.outputs).filter(([, { asset }]) => wanted.size === 0 || wanted.has(asset.key)));
  const sink = createOutputSink({ assets: Array.from(selected.values(), ({ asset }) => asset), scope });
  sink.start();
  return await sink.guard(async () => {
    const context = await buildContext(multi.name, definition, scope);
    let yielded = 0;
    await consume(
      definition.run({ ...context, selected: new Set(selected.keys()), log: stepLogger(scope.emit) }),
      scope.signal,
      async (item) => {
        if (item === undefined) return;
        const items: readonly unknown[] = Array.isArray(item) ? await Promise.all(item) : [item];
        for (const entry of items.flat()) {
          // What `condition && { output, ... }` leaves behind.
          if (entry === undefined || entry === null || entry === false) continue;
          yielded++;
          await takeOutput(entry, { multi, selected, sink });
        }
      },
    );
    for (const [name, { asset, required }] of selected) {
      if (sink.has(asset.key)) continue;
      if (yielded === 0) await sink.materialize(asset.key, { value: undefined, hasValue: false }, []);
      else if (!required) scope.emit({ type: "asset_skipped", asset: asset.key, reason: `the function made no output '${name}'` });
      else
        throw new StepError(
          "bad_output",
          `Multi-asset "${multi.name}" did not make its output '${name}' (${asset.key}). Yield it, or declare it with 'required: false'.`,
        );
    }
    return sink.outcome();
  });
}

async function takeResult(result: StepResult, asset: string, sink: OutputSink): Promise<void> {
  if (isMaterialization(result)) await sink.materialize(asset, result, result.checks);
  else if (isObservation(result)) sink.observe(asset, result);
  else sink.check(asset, result);
}

async function takeOutput(
  item: unknown,
  to: { multi: MultiAsset; selected: ReadonlyMap<string, { readonly asset: Asset }>; sink: OutputSink },
): Promise<void> {
  if (isResult(item) && item.asset !== undefined) return await takeResult(item, item.asset, to.sink);
  const owner = `Multi-asset "${to.multi.name}"`;
  refuseRequest(owner, item);
  const name = typeof item === "object" && item !== null && "output" in item ? item.output : undefined;
  const selected = typeof name === "string" ? to.selected.get(name) : undefined;
  if (!selected || typeof item !== "object" || item === null) {
    const names = [...to.selected.keys()];
    const made = typeof name === "string" ? `an output '${name}' that was not asked for` : "something without an output name";
    throw new StepError(
      "bad_output",
      `${owner} made ${made}. Selected outputs: ${names.join(", ")}. Yield { output: "${names[0] ?? "name"}", value, metadata, checks } for each.`,
    );
  }
  const output: MultiOutput = item as MultiOutput;
  refuseHiddenResult(owner, output.value);
  await to.sink.materialize(
    selected.asset.key,
    { ...output, value: output.value, hasValue: output.value !== undefined },
    output.checks ?? [],
  );
}

async function buildContext(
  name: string,
  definition: Pick<Asset["~definition"], "inputs" | "partitions" | "config">,
  scope: StepScope,
): Promise<Record<string, unknown>> {
  const partition = partitionValue(name, definition.partitions, scope);
  const config = definition.config && (await validateConfig(definition.config, scope.config.assets[name], `asset "${name}"`));
  if (config && !config.ok)
    throw new StepError("user_code", `${config.error.message} It is read from the run config under assets.${name}.`);
  return {
    resources: scope.resources,
    inputs: await loadInputs(definition, scope),
    signal: scope.signal,
    env: scope.env,
    folders: scope.folders,
    run: scope.run,
    ...(partition && { partition }),
    ...(config && { config: config.value }),
  };
}

/** Hands over what a function returns, or what it yields one after the other. Between two yields a canceled step ends. */
async function consume(result: unknown, signal: AbortSignal, take: (item: unknown, isReturn: boolean) => Promise<void>): Promise<void> {
  const generator = iteratorOf(result);
  if (generator) {
    try {
      for (;;) {
        const step = await generator.next();
        signal.throwIfAborted();
        await take(await step.value, step.done === true);
        if (step.done === true) return;
      }
    } catch (error) {
      // Lets the generator's own `finally` blocks run; what they throw must not hide the reason.
      await Promise.resolve(generator.return?.(undefined)).catch(() => undefined);
      throw error;
    }
  }
  const value: unknown = await result;
  signal.throwIfAborted();
  // An async function may return a generator.
  const inner = iteratorOf(value);
  if (inner) return await consume(inner, signal, take);
  await take(value, true);
}

/** A generator, with or without `async`, and a stream have one. Lists, Maps and other iterable values are values. */
function iteratorOf(result: unknown): AsyncIterator<unknown, unknown> | Iterator<unknown, unknown> | null {
  if (typeof result !== "object" || result === null) return null;
  if (Symbol.asyncIterator in result) return (result as AsyncIterable<unknown, unknown>)[Symbol.asyncIterator]();
  const isGenerator = Symbol.iterator in result && "next" in result && typeof result.next === "function" && "return" in result;
  return isGenerator ? (result as Generator<unknown, unknown>) : null;
}

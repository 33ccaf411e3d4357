/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) asks for an orderly stop, the second one ends everything at once. When a parent that holds an IPC
 * channel to this process (`npm start`) disappears, that is a stop too, because no other process would send a signal.
 */
export interface StopSignal {
  readonly signal: AbortSignal;
  stop(reason: unknown): void;
  /** The value of the promise, unless the stop comes first. */
  orThrow<T>(promise: Promise<T>): Promise<T>;
  dispose(): void;
}

const SIGNALS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;

export function stopSignal(onForce: () => void): StopSignal {
  const controller = new AbortController();
  const handlers = Object.entries(SIGNALS).map(([name, number]) => {
    const handler = (): void => {
      if (controller.signal.aborted) {
        onForce();
        process.exit(128 + number);
      }
      controller.abort(name);
    };
    process.on(name, handler);
    return { name, handler };
  });
  const onDisconnect = (): void => controller.abort("disconnect");
  process.on("disconnect", onDisconnect);
  return {
    signal: controller.signal,
    stop: (reason) => controller.abort(reason),
    orThrow: (promise) =>
      new Promise((resolve, reject) => {
        const onAbort = (): void => reject(controller.signal.reason instanceof Error ? controller.signal.reason : new Error("stopped"));
        if (controller.signal.aborted) return onAbort();
        controller.signal.addEventListener("abort", onAbort, { once: true });
        promise.then(resolve, reject).finally(() => controller.signal.removeEventListener("abort", onAbort));
      }),
    dispose: () => {
      for (const { name, handler } of handlers) process.removeListener(name, handler);
      process.removeListener("disconnect", onDisconnect);
    },
  };
}

/**
 * What types know about partitions: enough to tell an input that is one value from a map of values. It follows `readsOne` of the domain,
 * which decides the same when the step runs.
 */

type Cadence = "hourly" | "daily" | "weekly" | "monthly" | "cron";
/** Options that decide where windows begin and end. */
type Moving = "timezone" | "minuteOffset" | "hourOffset" | "dayOffset" | "cron" | "exclusions";

/** `given` has what moves the windows. It is unknown where the value of such an option is known only at run time. */
export interface TimeGrid<C extends Cadence, O> {
  readonly cadence: C;
  readonly given: IsLiteral<O[keyof O & Moving]> extends true ? Pick<O, keyof O & Moving> : unknown;
}
export interface KeyGrid<K> {
  readonly keys: K;
}
export interface MultiGrid<D> {
  readonly dimensions: { readonly [N in keyof D]: GridOf<D[N]> };
}

/** Undefined: not partitioned. Unknown: it cannot be told. */
export type GridOf<P> = P extends { readonly "~grid"?: infer G } ? G : P extends undefined ? undefined : unknown;

/** How many upstream partitions one partition reads, with the mapping that is used where none is written. */
export type ReadsByDefault<Own, Up> = unknown extends Up
  ? "unknown"
  : [Up] extends [undefined]
    ? "whole"
    : unknown extends Own
      ? "unknown"
      : [Own] extends [undefined]
        ? "many"
        : ReadsOfKinds<Own, Up>;

type ReadsOfKinds<Own, Up> = Own extends { readonly dimensions: infer D }
  ? Up extends { readonly dimensions: unknown }
    ? "one"
    : Same<Up, D[keyof D]> extends true
      ? "one"
      : IsOneOf<Up, D> extends true
        ? "one"
        : "unknown"
  : Up extends { readonly dimensions: infer D }
    ? IsOneOf<Own, D> extends true
      ? "many"
      : "unknown"
    : ReadsTime<Own, Up>;

type ReadsTime<Own, Up> = Own extends { readonly cadence: infer C; readonly given: infer G }
  ? Up extends { readonly cadence: infer D; readonly given: infer H }
    ? unknown extends G
      ? "unknown"
      : Same<G, H> extends true
        ? ReadsOfCadence<C, D>
        : "unknown"
    : "one"
  : "one";

/** A week may lie in two months, and the windows of a cron expression may lie in any way. */
type Larger = { readonly hourly: "daily" | "weekly" | "monthly"; readonly daily: "weekly" | "monthly" };
type ReadsOfCadence<C, D> = [C, D] extends [D, C] ? "one" : C extends keyof Larger ? (D extends Larger[C] ? "one" : "many") : "many";

/** With a mapping that is written. */
export type ReadsBy<M, Own, Up> = M extends { readonly type: "all" }
  ? "many"
  : M extends { readonly type: "last" | "identity" }
    ? "one"
    : M extends { readonly type: "specific"; readonly keys: infer K }
      ? K extends readonly [string]
        ? "one"
        : "many"
      : M extends { readonly type: "time_window" }
        ? ReadsWindow<M, Own, Up>
        : "unknown";

type ReadsWindow<M, Own, Up> =
  Same<OffsetOf<M, "startOffset">, OffsetOf<M, "endOffset">> extends true
    ? IsLiteral<OffsetOf<M, "startOffset">> extends true
      ? ReadsByDefault<Own, Up>
      : "unknown"
    : "many";
type OffsetOf<M, N extends string> = M extends { readonly [X in N]: infer V } ? V : 0;

type Same<A, B> = [A, B] extends [B, A] ? true : false;
type IsOneOf<G, D> = { [N in keyof D]: Same<G, D[N]> extends true ? true : never }[keyof D] extends never ? false : true;
/** True also for no value at all. */
type IsLiteral<V> = [string] extends [V] ? false : [number] extends [V] ? false : undefined extends V ? false : true;

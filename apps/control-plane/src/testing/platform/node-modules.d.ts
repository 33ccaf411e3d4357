/** The part of Node's modules that tests use; all of Node's types would bring its globals. */
declare module "node:crypto" {
  export function timingSafeEqual(a: ArrayBufferView, b: ArrayBufferView): boolean;
}

declare module "node:sqlite" {
  type Value = null | number | string | Uint8Array;

  export interface StatementSync {
    all(...values: readonly Value[]): Value[][];
    run(...values: readonly Value[]): { readonly changes: number };
    columns(): { readonly name: string }[];
    setReturnArrays(enabled: boolean): void;
    /** The text of this statement alone, when it was prepared from a text with several. */
    readonly sourceSQL: string;
  }

  export class DatabaseSync {
    constructor(path: string);
    prepare(sql: string): StatementSync;
    exec(sql: string): void;
  }
}

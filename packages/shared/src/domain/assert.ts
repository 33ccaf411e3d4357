/** Fails to compile when a closed union gained a member that a `switch` does not handle. */
export function assertNever(value: never): never {
  throw new TypeError(`Unexpected value: ${JSON.stringify(value)}`);
}

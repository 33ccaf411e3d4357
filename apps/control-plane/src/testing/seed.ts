/** The platform's random values from a seed, so that a test that fails fails again. */

/** mulberry32: small, seeded, good enough to choose actions. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Returns the function that ends it. */
export function useSeed(seed: number): () => void {
  const platform = { random: Math.random, getRandomValues: crypto.getRandomValues };
  const random = randomOf(seed);
  Math.random = random;
  crypto.getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
    if (array instanceof Uint8Array) for (let index = 0; index < array.length; index++) array[index] = Math.floor(random() * 256);
    return array;
  };
  return () => {
    Math.random = platform.random;
    crypto.getRandomValues = platform.getRandomValues;
  };
}

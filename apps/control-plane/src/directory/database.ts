/** The context of every query of the directory: the D1 database through Drizzle, the clock and randomness. */
import { drizzle, type DrizzleD1Database } from "drizzle-orm/d1";

export interface Directory {
  readonly db: DrizzleD1Database;
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
}

export function openDirectory(database: D1Database): Directory {
  return { db: drizzle(database), now: () => Date.now(), random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)) };
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** 100 random bits in an alphabet without look-alikes. */
export function randomKey(random: Directory["random"]): string {
  return Array.from(random(20), (byte) => ALPHABET[byte & 31]).join("");
}

/** A short prefixed id, e.g. `dep_9x3k...`. */
export function newId(prefix: string, random: Directory["random"]): string {
  return `${prefix}_${randomKey(random)}`;
}

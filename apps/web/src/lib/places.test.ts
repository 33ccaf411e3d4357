import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findPlace, isCurrentPlace, PLACES, placePath } from "./places.ts";

const ROUTES = join(import.meta.dirname, "../routes/[org]/[dep]");
const ref = { org: "acme", name: "prod" };

describe("places", () => {
  it("every place has a route of the same path", () => {
    const missing = PLACES.filter(({ path }) => !existsSync(join(ROUTES, path, "+page.svelte")));
    expect(missing.map(({ id }) => id)).toEqual([]);
  });

  it("places share no id, key, label or path", () => {
    for (const field of ["id", "key", "label", "path"] as const)
      expect(new Set(PLACES.map((place) => place[field])).size, field).toBe(PLACES.length);
  });

  it("a page below a place belongs to that place only", () => {
    const run = `${placePath(ref, findPlace("runs"))}/1`;
    expect(PLACES.filter((place) => isCurrentPlace(ref, place, run)).map(({ id }) => id)).toEqual(["runs"]);
    expect(PLACES.filter((place) => isCurrentPlace(ref, place, "/acme/prod")).map(({ id }) => id)).toEqual(["home"]);
  });
});

import { describe, expect, it } from "vitest";
import { CARD_SCALE, fit, openView, pan, reveal, toWorld, zoomAt } from "./viewport.ts";

const screen = { width: 800, height: 600 };

describe("viewport", () => {
  it("zooming keeps the point under the pointer", () => {
    const at = { x: 300, y: 200 };
    const before = toWorld({ scale: 0.7, x: 10, y: -50 }, at);
    const after = toWorld(zoomAt({ scale: 0.7, x: 10, y: -50 }, at, 1.3), at);
    expect(after.x).toBeCloseTo(before.x);
    expect(after.y).toBeCloseTo(before.y);
  });

  it("fitting shrinks a large graph and never magnifies", () => {
    const large = fit({ x: 0, y: 0, width: 8000, height: 3000 }, screen);
    expect(large.scale).toBeCloseTo((800 - 48) / 8000);
    expect(fit({ x: 0, y: 0, width: 100, height: 50 }, screen).scale).toBe(1);
  });

  it("panning moves by screen pixels at any scale", () => {
    expect(pan({ scale: 0.5, x: 0, y: 0 }, 100, -50)).toEqual({ scale: 0.5, x: -200, y: 100 });
  });

  it("revealing moves only for a box outside the screen", () => {
    const view = { scale: 1, x: 0, y: 0 };
    expect(reveal(view, { x: 100, y: 100, width: 50, height: 50 }, screen)).toEqual(view);
    expect(reveal(view, { x: 900, y: 100, width: 50, height: 50 }, screen).x).toBe(174);
  });

  it("a large graph opens at its upper left in readable size", () => {
    expect(openView({ x: 0, y: 0, width: 500, height: 300 }, screen).scale).toBe(
      fit({ x: 0, y: 0, width: 500, height: 300 }, screen).scale,
    );
    const large = openView({ x: 0, y: 0, width: 9000, height: 9000 }, screen);
    expect(large.scale).toBeGreaterThan(CARD_SCALE);
    expect(toWorld(large, { x: 24, y: 24 })).toEqual({ x: 0, y: 0 });
  });
});

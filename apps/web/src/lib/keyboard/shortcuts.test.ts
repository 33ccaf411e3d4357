import { describe, expect, it } from "vitest";
import { NO_SEQUENCE, pressKey, type KeyPress } from "./shortcuts.ts";

const press = (key: string, change: Partial<KeyPress> = {}): KeyPress => ({
  key,
  at: 0,
  modifier: false,
  alt: false,
  inField: false,
  ...change,
});

describe("keyboard shortcuts", () => {
  it("go to a place with g and a letter", () => {
    const first = pressKey(NO_SEQUENCE, press("g", { at: 100 }));
    expect(first.action).toBeNull();
    expect(pressKey(first.sequence, press("a", { at: 400 })).action).toMatchObject({ type: "go", to: { id: "assets" } });
    expect(pressKey(first.sequence, press("g", { at: 400 })).action).toMatchObject({ type: "go", to: { id: "agents" } });
  });

  it("forget a g that was pressed too long ago", () => {
    const first = pressKey(NO_SEQUENCE, press("g", { at: 100 }));
    expect(pressKey(first.sequence, press("a", { at: 5000 })).action).toBeNull();
  });

  it("open the palette with the chord, from inside a field too", () => {
    expect(pressKey(NO_SEQUENCE, press("k", { modifier: true, inField: true })).action).toEqual({ type: "palette" });
  });

  it("leave what is typed into a field alone", () => {
    for (const key of ["g", "/", "?"]) expect(pressKey(NO_SEQUENCE, press(key, { inField: true })).action).toBeNull();
  });
});

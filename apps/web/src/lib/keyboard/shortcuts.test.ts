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
  it("g and a letter go to a place", () => {
    const first = pressKey(NO_SEQUENCE, press("g", { at: 100 }));
    expect(first.action).toBeNull();
    expect(pressKey(first.sequence, press("a", { at: 400 })).action).toMatchObject({ type: "go", to: { id: "assets" } });
    expect(pressKey(first.sequence, press("g", { at: 400 })).action).toMatchObject({ type: "go", to: { id: "agents" } });
  });

  it("a g pressed too long ago is ignored", () => {
    const first = pressKey(NO_SEQUENCE, press("g", { at: 100 }));
    expect(pressKey(first.sequence, press("a", { at: 5000 })).action).toBeNull();
  });

  it("the chord opens the palette, also from a field", () => {
    expect(pressKey(NO_SEQUENCE, press("k", { modifier: true, inField: true })).action).toEqual({ type: "palette" });
  });

  it("typing into a field triggers no shortcut", () => {
    for (const key of ["g", "/", "?"]) expect(pressKey(NO_SEQUENCE, press(key, { inField: true })).action).toBeNull();
  });
});

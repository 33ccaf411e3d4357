import { describe, expect, it } from "vitest";
import type { MetadataValue } from "@headgate/shared/domain/metadata.ts";
import { displayMetadata } from "./display-metadata.ts";

const context = { ref: { org: "acme", name: "prod" }, time: { zone: "UTC", locale: "en" } };

describe("metadata display", () => {
  it("a newer SDK's type is displayed as JSON with its name", () => {
    const value = { type: "geo_point", value: { lat: 52.5, lon: 13.4 } } as unknown as MetadataValue;
    expect(displayMetadata(value, context)).toEqual({ kind: "unknown", type: "geo_point", json: '{\n  "lat": 52.5,\n  "lon": 13.4\n}' });
  });

  it("an unknown type without a value shows its other fields", () => {
    const value = { type: "image", bytes: 12 } as unknown as MetadataValue;
    expect(displayMetadata(value, context)).toMatchObject({ type: "image", json: '{\n  "bytes": 12\n}' });
  });

  it("a type named like an inherited property counts as unknown", () => {
    const value = { type: "toString", value: 1 } as unknown as MetadataValue;
    expect(displayMetadata(value, context)).toMatchObject({ kind: "unknown", type: "toString", json: "1" });
  });

  it("only a link to the web becomes a link", () => {
    expect(displayMetadata({ type: "url", value: "https://example.com/a" }, context).kind).toBe("external_link");
    expect(displayMetadata({ type: "url", value: "javascript:alert(1)" }, context)).toEqual({ kind: "mono", text: "javascript:alert(1)" });
  });

  it("an asset and a run link to their pages", () => {
    expect(displayMetadata({ type: "asset", value: "gold/a" }, context)).toMatchObject({ href: "/acme/prod/assets/gold/a" });
    expect(displayMetadata({ type: "run", value: "run-12345678" }, context)).toMatchObject({ href: "/acme/prod/runs/run-12345678" });
  });

  it("null is displayed as null", () => {
    expect(displayMetadata({ type: "null" }, context)).toEqual({ kind: "empty", text: "null" });
  });
});

import { expect, it } from "vitest";
import { pathOfThisSite } from "./path-of-this-site.ts";

it.each(["/", "/acme/prod/runs?status=failed#last", "/acme/prod/assets/a/b"])("the sign-in page leads to %s", (next) =>
  expect(pathOfThisSite(next)).toBe(next),
);

it.each([
  null,
  "",
  "acme/prod",
  "https://other.example/",
  "//other.example",
  "/\\other.example",
  "/\t/other.example",
  "javascript:void 0",
  "/x/..//other.example",
])("the sign-in page leads home instead of to %s", (next) => expect(pathOfThisSite(next)).toBe("/"));

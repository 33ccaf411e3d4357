import { expect, it } from "vitest";
import { isSecretField } from "./secret-fields.ts";

it.each([
  "authorization",
  "proxy-authorization",
  "x-gitlab-token",
  "x-api-key",
  "apikey",
  "X-Access-Key",
  "key",
  "access_token",
  "client_secret",
  "cookie",
  "x-hub-signature-256",
  "x-auth",
  "sig",
  "password",
  "x-amz-security-token",
])("the field %s of a delivery is not stored", (name) => expect(isSecretField(name)).toBe(true));

it.each([
  "content-type",
  "user-agent",
  "idempotency-key",
  "x-github-event",
  "x-github-delivery",
  "keyword",
  "monkey",
  "author",
  "team",
  "passenger",
])("the field %s of a delivery is stored", (name) => expect(isSecretField(name)).toBe(false));

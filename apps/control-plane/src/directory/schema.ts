/** The Drizzle schema of the directory. `migrations/d1` defines the tables and their constraints, and a test compares the two. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import type { Role } from "@headgate/shared/domain/access/role.ts";

export const organization = sqliteTable("organization", {
  id: text("id").primaryKey(),
  slug: text("slug").notNull(),
  name: text("name").notNull(),
  createdAt: integer("created_at").notNull(),
});

export const deployment = sqliteTable("deployment", {
  id: text("id").primaryKey(),
  organizationId: text("organization_id").notNull(),
  name: text("name").notNull(),
  createdAt: integer("created_at").notNull(),
});

export const hook = sqliteTable("hook", {
  id: text("id").primaryKey(),
  deploymentId: text("deployment_id").notNull(),
  createdAt: integer("created_at").notNull(),
});

export const user = sqliteTable("user", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email"),
  createdAt: integer("created_at").notNull(),
});

export const member = sqliteTable("member", {
  id: text("id").primaryKey(),
  organizationId: text("organization_id").notNull(),
  userId: text("user_id").notNull(),
  deploymentId: text("deployment_id"),
  role: text("role").$type<Role>().notNull(),
  createdAt: integer("created_at").notNull(),
});

export const session = sqliteTable("session", {
  id: text("id").primaryKey(),
  hash: text("hash").notNull(),
  userId: text("user_id").notNull(),
  deploymentId: text("deployment_id"),
  maxRole: text("max_role").$type<Role>().notNull(),
  tokenId: text("token_id"),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
});

export const loginLink = sqliteTable("login_link", {
  hash: text("hash").primaryKey(),
  userId: text("user_id").notNull(),
  targetDeploymentId: text("target_deployment_id").notNull(),
  deploymentId: text("deployment_id"),
  maxRole: text("max_role").$type<Role>().notNull(),
  tokenId: text("token_id"),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at").notNull(),
  usedAt: integer("used_at"),
});

export const token = sqliteTable("token", {
  id: text("id").primaryKey(),
  kind: text("kind").$type<"agent" | "api">().notNull(),
  hash: text("hash").notNull(),
  prefix: text("prefix").notNull(),
  name: text("name").notNull(),
  role: text("role").$type<Role>(),
  deploymentId: text("deployment_id").notNull(),
  userId: text("user_id"),
  createdAt: integer("created_at").notNull(),
  expiresAt: integer("expires_at"),
  lastUsedAt: integer("last_used_at"),
  revokedAt: integer("revoked_at"),
});

export const audit = sqliteTable("audit", {
  id: text("id").primaryKey(),
  at: integer("at").notNull(),
  organizationId: text("organization_id"),
  deploymentId: text("deployment_id"),
  actorKind: text("actor_kind").$type<"user" | "token" | "operator" | "unknown">().notNull(),
  actorId: text("actor_id"),
  actorName: text("actor_name").notNull(),
  action: text("action").notNull(),
  target: text("target").notNull(),
  origin: text("origin"),
  before: text("before"),
  after: text("after"),
});

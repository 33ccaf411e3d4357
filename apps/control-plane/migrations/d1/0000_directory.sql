-- The directory: who exists, what they may reach, and what they changed. Times are milliseconds since the epoch.
CREATE TABLE organization (
  id TEXT PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

CREATE TABLE deployment (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (organization_id, name)
);

CREATE TABLE user (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  email TEXT UNIQUE,
  created_at INTEGER NOT NULL
);

-- A row without a deployment counts for all deployments of the organization.
CREATE TABLE member (
  id TEXT PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organization (id),
  user_id TEXT NOT NULL REFERENCES user (id),
  deployment_id TEXT REFERENCES deployment (id),
  role TEXT NOT NULL CHECK (role IN ('viewer', 'launcher', 'editor', 'admin', 'owner')),
  created_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX member_place ON member (user_id, organization_id, COALESCE(deployment_id, ''));

-- `deployment_id`, `max_role` and `token_id` bound a session that came from a token's login link: it never reaches further than that token, nor outlives it.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,
  user_id TEXT NOT NULL REFERENCES user (id),
  deployment_id TEXT REFERENCES deployment (id),
  max_role TEXT NOT NULL,
  token_id TEXT REFERENCES token (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE INDEX session_expiry ON session (expires_at);

CREATE TABLE login_link (
  hash TEXT PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES user (id),
  target_deployment_id TEXT NOT NULL REFERENCES deployment (id),
  deployment_id TEXT REFERENCES deployment (id),
  max_role TEXT NOT NULL,
  -- The token that made it; the link dies with that token.
  token_id TEXT REFERENCES token (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER
);
CREATE INDEX login_link_expiry ON login_link (expires_at);

CREATE TABLE token (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('agent', 'api')),
  hash TEXT NOT NULL,
  prefix TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT,
  deployment_id TEXT NOT NULL REFERENCES deployment (id),
  -- Whom a login link made with this token signs in; null for tokens without a person behind them.
  user_id TEXT REFERENCES user (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER,
  revoked_at INTEGER,
  CHECK ((kind = 'api') = (role IS NOT NULL))
);
CREATE INDEX token_deployment ON token (deployment_id, created_at);

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  organization_id TEXT REFERENCES organization (id),
  deployment_id TEXT REFERENCES deployment (id),
  actor_kind TEXT NOT NULL,
  actor_id TEXT,
  actor_name TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  origin TEXT,
  before TEXT,
  after TEXT
);
CREATE INDEX audit_organization ON audit (organization_id, at);

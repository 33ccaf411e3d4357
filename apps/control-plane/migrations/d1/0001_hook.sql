-- Which deployment a webhook's address leads to. The deployment makes the id, its object knows sensor and secrets; this is only the way there.
CREATE TABLE hook (
  id TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL REFERENCES deployment (id),
  created_at INTEGER NOT NULL
);

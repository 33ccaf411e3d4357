/** All migrations of a deployment's database, oldest first. Append only: an applied migration is never edited. */
import type { Migration } from "./kernel/migrate.ts";

export const MIGRATIONS: readonly Migration[] = [
  {
    id: "0001-first-tables",
    sql: `
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

      CREATE TABLE location (name TEXT PRIMARY KEY, active_version TEXT, errors TEXT NOT NULL, errored_at INTEGER, updated_at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE version (
        no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, location TEXT NOT NULL, number INTEGER NOT NULL, hash TEXT NOT NULL, manifest_key TEXT NOT NULL,
        published_at INTEGER NOT NULL, published_by TEXT NOT NULL, counts TEXT NOT NULL, git TEXT, sdk TEXT NOT NULL, diff TEXT NOT NULL, pools TEXT NOT NULL
      );
      CREATE UNIQUE INDEX version_by_number ON version (location, number);
      CREATE UNIQUE INDEX version_by_hash ON version (location, hash);
      CREATE TABLE version_asset (
        version_no INTEGER NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, graph TEXT NOT NULL, detail TEXT NOT NULL, code TEXT, config_schema TEXT,
        PRIMARY KEY (version_no, key)
      );
      CREATE TABLE node_place (key TEXT PRIMARY KEY, x REAL NOT NULL, y REAL NOT NULL, level INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE version_unit (version_no INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (version_no, id)) WITHOUT ROWID;
      CREATE TABLE version_check (version_no INTEGER NOT NULL, asset TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (version_no, asset, name)) WITHOUT ROWID;
      CREATE TABLE version_job (version_no INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (version_no, name)) WITHOUT ROWID;
      CREATE TABLE version_schedule (version_no INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (version_no, name)) WITHOUT ROWID;
      CREATE TABLE version_sensor (version_no INTEGER NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (version_no, name)) WITHOUT ROWID;

      CREATE TABLE run (
        no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, status TEXT NOT NULL, job TEXT, job_location TEXT, selection TEXT NOT NULL, partition TEXT,
        tags TEXT NOT NULL, trigger TEXT NOT NULL, parent TEXT, priority INTEGER NOT NULL, config TEXT, versions TEXT NOT NULL,
        created_at INTEGER NOT NULL, started_at INTEGER, ended_at INTEGER, timeout_seconds REAL, asset_count INTEGER NOT NULL,
        steps_total INTEGER NOT NULL, steps_succeeded INTEGER NOT NULL, steps_failed INTEGER NOT NULL, steps_skipped INTEGER NOT NULL,
        steps_running INTEGER NOT NULL, steps_canceled INTEGER NOT NULL, materialized INTEGER NOT NULL, checks_failed INTEGER NOT NULL, checks_warned INTEGER NOT NULL,
        error TEXT, failure TEXT, failed_step TEXT, cancel_by TEXT, cancel_reason TEXT, last_seq INTEGER NOT NULL
      );
      CREATE INDEX run_by_status ON run (status, no);
      CREATE INDEX run_by_job ON run (job, no) WHERE job IS NOT NULL;
      CREATE INDEX run_by_parent ON run (parent, no) WHERE parent IS NOT NULL;
      CREATE INDEX run_open ON run (priority DESC, no) WHERE status IN ('queued', 'starting', 'running', 'canceling');

      CREATE TABLE step (
        run_no INTEGER NOT NULL, position INTEGER NOT NULL, key TEXT NOT NULL, location TEXT NOT NULL, version TEXT NOT NULL, unit TEXT NOT NULL, kind TEXT NOT NULL,
        subset INTEGER NOT NULL, assets TEXT NOT NULL, checks TEXT NOT NULL, partition TEXT, retry TEXT NOT NULL, timeout_seconds REAL, pool TEXT, status TEXT NOT NULL,
        deps_left INTEGER NOT NULL, attempt INTEGER NOT NULL, lost INTEGER NOT NULL, epoch INTEGER NOT NULL, agent TEXT,
        ready_at INTEGER, assigned_at INTEGER, started_at INTEGER, ended_at INTEGER, retry_at INTEGER, failure TEXT,
        PRIMARY KEY (run_no, position)
      );
      CREATE UNIQUE INDEX step_by_key ON step (run_no, key);
      CREATE INDEX step_ready ON step (run_no, position) WHERE status = 'pending' AND deps_left = 0;
      CREATE INDEX step_leased ON step (agent, run_no) WHERE status IN ('assigned', 'running');
      CREATE INDEX step_in_pool ON step (pool) WHERE status IN ('assigned', 'running') AND pool IS NOT NULL;
      CREATE TABLE step_dep (run_no INTEGER NOT NULL, before INTEGER NOT NULL, after INTEGER NOT NULL, PRIMARY KEY (run_no, before, after)) WITHOUT ROWID;
      CREATE INDEX step_dep_after ON step_dep (run_no, after);
      CREATE TABLE attempt (run_no INTEGER NOT NULL, position INTEGER NOT NULL, attempt INTEGER NOT NULL, token TEXT NOT NULL, PRIMARY KEY (run_no, position, attempt)) WITHOUT ROWID;
      CREATE TABLE step_asset (
        run_no INTEGER NOT NULL, step INTEGER NOT NULL, asset TEXT NOT NULL, open INTEGER NOT NULL, status TEXT, started_at INTEGER, ended_at INTEGER, row_count REAL, message TEXT,
        PRIMARY KEY (run_no, step, asset)
      ) WITHOUT ROWID;
      CREATE INDEX step_asset_by_asset ON step_asset (asset, run_no);
      CREATE INDEX step_asset_open ON step_asset (asset, run_no) WHERE open = 1;

      CREATE TABLE event (
        gseq INTEGER PRIMARY KEY AUTOINCREMENT, run_no INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, step TEXT, attempt INTEGER,
        type TEXT NOT NULL, level INTEGER NOT NULL, body TEXT NOT NULL
      );
      CREATE UNIQUE INDEX event_by_run ON event (run_no, seq);
      CREATE INDEX event_by_step ON event (run_no, step, seq);
      CREATE INDEX event_not_log ON event (run_no, type, seq) WHERE type <> 'log';
      CREATE INDEX event_notable ON event (run_no, seq) WHERE level >= 2;

      CREATE TABLE request (id TEXT PRIMARY KEY, run_no INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX request_by_time ON request (at);
      CREATE TABLE log_chunk (
        run_no INTEGER NOT NULL, step TEXT NOT NULL, attempt INTEGER NOT NULL, stream TEXT NOT NULL, chunk INTEGER NOT NULL, offset INTEGER NOT NULL, bytes INTEGER NOT NULL,
        final INTEGER NOT NULL, key TEXT NOT NULL, PRIMARY KEY (run_no, step, attempt, stream, chunk)
      ) WITHOUT ROWID;

      CREATE TABLE asset_state (
        asset TEXT PRIMARY KEY, materialized_at INTEGER, materialized_run TEXT, materialized_step TEXT, materialized_partition TEXT, materialized_seq INTEGER,
        duration_ms REAL, row_count REAL, code_version TEXT, failed_at INTEGER, failed_run TEXT, failed_step TEXT, failed_message TEXT, failed_partition TEXT, latest_seq INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX asset_state_failed ON asset_state (failed_at) WHERE failed_at IS NOT NULL;
      CREATE TABLE asset_event (asset TEXT NOT NULL, gseq INTEGER NOT NULL, type TEXT NOT NULL, partition TEXT, PRIMARY KEY (asset, gseq)) WITHOUT ROWID;
      CREATE INDEX asset_event_by_partition ON asset_event (asset, partition, gseq) WHERE partition IS NOT NULL;
      CREATE TABLE check_state (
        asset TEXT NOT NULL, name TEXT NOT NULL, gseq INTEGER NOT NULL, at INTEGER NOT NULL, run TEXT NOT NULL, passed INTEGER NOT NULL, severity TEXT NOT NULL, description TEXT,
        PRIMARY KEY (asset, name)
      ) WITHOUT ROWID;
      CREATE INDEX check_state_not_passed ON check_state (at) WHERE passed = 0;
      CREATE TABLE check_event (
        asset TEXT NOT NULL, name TEXT NOT NULL, gseq INTEGER NOT NULL, run_no INTEGER NOT NULL, step TEXT NOT NULL, passed INTEGER NOT NULL, severity TEXT NOT NULL,
        PRIMARY KEY (asset, name, gseq)
      ) WITHOUT ROWID;
      CREATE INDEX check_event_by_step ON check_event (run_no, step);
      CREATE TABLE series (
        asset TEXT NOT NULL, name TEXT NOT NULL, gseq INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, run TEXT NOT NULL, partition TEXT,
        PRIMARY KEY (asset, name, gseq)
      ) WITHOUT ROWID;
      CREATE TABLE asset_partition (asset TEXT PRIMARY KEY, materialized TEXT NOT NULL, failed TEXT NOT NULL);
      CREATE TABLE partition_failure (asset TEXT NOT NULL, partition TEXT NOT NULL, at INTEGER NOT NULL, run TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (asset, partition)) WITHOUT ROWID;
      CREATE INDEX partition_failure_by_time ON partition_failure (asset, at);

      CREATE TABLE agent (
        instance TEXT PRIMARY KEY, token TEXT NOT NULL, token_name TEXT NOT NULL, hostname TEXT NOT NULL, version TEXT NOT NULL, queue TEXT NOT NULL, slots INTEGER NOT NULL,
        status TEXT NOT NULL, socket TEXT, connected_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, received INTEGER NOT NULL, labels TEXT NOT NULL, locations TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE INDEX agent_by_token ON agent (token);
      CREATE TABLE timer (kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
      CREATE INDEX timer_by_time ON timer (at);

      CREATE TABLE automation (
        location TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, cursor TEXT, definition TEXT NOT NULL, next_at INTEGER, PRIMARY KEY (location, kind, name)
      ) WITHOUT ROWID;
      CREATE TABLE tick (
        id TEXT PRIMARY KEY, location TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, scheduled_for INTEGER NOT NULL, state TEXT NOT NULL, started_at INTEGER NOT NULL,
        finished_at INTEGER, agent TEXT, cursor_before TEXT, cursor_after TEXT, runs TEXT NOT NULL, message TEXT, stack TEXT, logs TEXT NOT NULL
      ) WITHOUT ROWID;
      CREATE UNIQUE INDEX tick_by_source ON tick (location, kind, name, scheduled_for);
      CREATE INDEX tick_open ON tick (location, kind, name) WHERE state = 'open';
      CREATE TABLE run_key (location TEXT NOT NULL, sensor TEXT NOT NULL, key TEXT NOT NULL, run_no INTEGER NOT NULL, PRIMARY KEY (location, sensor, key)) WITHOUT ROWID;
    `,
  },
  {
    id: "0002-automation",
    sql: `
      ALTER TABLE run ADD COLUMN source TEXT;
      ALTER TABLE run ADD COLUMN backfill_no INTEGER;
      ALTER TABLE run ADD COLUMN backfill_slice INTEGER;
      ALTER TABLE run ADD COLUMN retry_count INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE run ADD COLUMN retry_at INTEGER;
      CREATE INDEX run_by_source ON run (source, no) WHERE source IS NOT NULL;
      CREATE INDEX run_open_by_source ON run (source, no) WHERE source IS NOT NULL AND status IN ('queued', 'starting', 'running', 'canceling');
      CREATE INDEX run_by_backfill ON run (backfill_no, no) WHERE backfill_no IS NOT NULL;
      CREATE INDEX run_by_time ON run (created_at);
      ALTER TABLE step ADD COLUMN idle_timeout_seconds REAL;
      ALTER TABLE step ADD COLUMN avoid TEXT;
      ALTER TABLE step ADD COLUMN started_seq INTEGER;
      CREATE INDEX step_open_checks ON step (run_no) WHERE checks <> '[]' AND status IN ('pending', 'up_for_retry', 'assigned', 'running');
      ALTER TABLE asset_event ADD COLUMN data_version TEXT;
      ALTER TABLE asset_event ADD COLUMN changed INTEGER;
      ALTER TABLE asset_event ADD COLUMN started_seq INTEGER;
      CREATE INDEX version_asset_with_condition ON version_asset (version_no, key) WHERE detail ->> 'automation' IS NOT NULL;
      CREATE INDEX version_asset_with_freshness ON version_asset (version_no, key) WHERE detail ->> 'freshness' IS NOT NULL;
      CREATE INDEX version_asset_observable ON version_asset (version_no, key) WHERE detail ->> 'observable' = 1;
      ALTER TABLE asset_state ADD COLUMN data_version TEXT;
      ALTER TABLE asset_state ADD COLUMN observed_at INTEGER;
      ALTER TABLE asset_state ADD COLUMN observed_seq INTEGER;

      ALTER TABLE automation ADD COLUMN enabled INTEGER;
      ALTER TABLE automation ADD COLUMN changed_by TEXT;
      ALTER TABLE automation ADD COLUMN changed_at INTEGER;
      ALTER TABLE automation ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE automation ADD COLUMN gathered TEXT;

      ALTER TABLE tick RENAME TO tick_0001;
      DROP INDEX tick_by_source;
      DROP INDEX tick_open;
      CREATE TABLE tick (
        no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, location TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, scheduled_for INTEGER NOT NULL,
        cause TEXT NOT NULL, state TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER, attempt INTEGER NOT NULL, agent TEXT,
        cursor_before TEXT, cursor_after TEXT, parts INTEGER NOT NULL, runs TEXT NOT NULL, run_count INTEGER NOT NULL, message TEXT, stack TEXT, logs TEXT NOT NULL,
        deduplicated TEXT NOT NULL, dynamic_partitions TEXT NOT NULL, events TEXT NOT NULL, dropped INTEGER NOT NULL
      );
      INSERT INTO tick (id, location, kind, name, scheduled_for, cause, state, created_at, started_at, finished_at, attempt, agent, cursor_before, cursor_after, parts,
        runs, run_count, message, stack, logs, deduplicated, dynamic_partitions, events, dropped)
        SELECT id, location, kind, name, scheduled_for, 'clock', state, started_at, started_at, finished_at, 1, agent, cursor_before, cursor_after, 0,
          runs, json_array_length(runs), message, stack, logs, '[]', '[]', '[]', 0 FROM tick_0001 ORDER BY scheduled_for;
      DROP TABLE tick_0001;
      CREATE INDEX tick_by_source ON tick (location, kind, name, no);
      CREATE UNIQUE INDEX tick_of_schedule ON tick (location, name, scheduled_for) WHERE kind = 'schedule' AND cause IN ('clock', 'catch_up');
      CREATE INDEX tick_open ON tick (location, kind, name) WHERE state = 'open';
      CREATE INDEX tick_by_state ON tick (location, kind, name, state, no);
      CREATE INDEX tick_waiting ON tick (no) WHERE state = 'open' AND started_at IS NULL;
      CREATE INDEX tick_evaluated ON tick (agent) WHERE state = 'open' AND agent IS NOT NULL;
      CREATE INDEX tick_failed ON tick (no) WHERE state = 'failed';
      CREATE INDEX tick_requested ON tick (no) WHERE state = 'requested';
      CREATE INDEX tick_skipped ON tick (no) WHERE state = 'skipped';

      CREATE TABLE sensor_event (
        no INTEGER PRIMARY KEY AUTOINCREMENT, location TEXT NOT NULL, sensor TEXT NOT NULL, body TEXT NOT NULL, at INTEGER NOT NULL, attempts INTEGER NOT NULL
      );
      CREATE INDEX sensor_event_by_sensor ON sensor_event (location, sensor, no);

      CREATE TABLE hook (
        id TEXT PRIMARY KEY, location TEXT NOT NULL, sensor TEXT NOT NULL, enabled INTEGER NOT NULL, refused INTEGER NOT NULL, last_refused_at INTEGER,
        refusals TEXT NOT NULL, stored_bytes INTEGER NOT NULL
      ) WITHOUT ROWID;
      CREATE UNIQUE INDEX hook_by_sensor ON hook (location, sensor);
      CREATE TABLE hook_secret (
        id TEXT PRIMARY KEY, hook TEXT NOT NULL, secret TEXT NOT NULL, created_at INTEGER NOT NULL, created_by TEXT NOT NULL, last_used_at INTEGER
      ) WITHOUT ROWID;
      CREATE INDEX hook_secret_by_hook ON hook_secret (hook, created_at);
      CREATE TABLE delivery (
        no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, hook TEXT NOT NULL, sender_id TEXT, at INTEGER NOT NULL, state TEXT NOT NULL, bytes INTEGER NOT NULL,
        received INTEGER NOT NULL, tick TEXT, runs TEXT NOT NULL, message TEXT, method TEXT NOT NULL, headers TEXT NOT NULL, query TEXT NOT NULL, body TEXT NOT NULL
      );
      CREATE UNIQUE INDEX delivery_by_sender ON delivery (hook, sender_id) WHERE sender_id IS NOT NULL;
      CREATE INDEX delivery_by_hook ON delivery (hook, no);
      CREATE INDEX delivery_by_time ON delivery (at);

      CREATE TABLE condition_state (target TEXT PRIMARY KEY, state TEXT NOT NULL, wake_at INTEGER, requested_at INTEGER, definition TEXT NOT NULL) WITHOUT ROWID;
      CREATE TABLE condition_change (target TEXT PRIMARY KEY, cause TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE TABLE report_request (id TEXT PRIMARY KEY, gseq INTEGER NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX report_request_by_time ON report_request (at);
      CREATE INDEX condition_state_by_wake ON condition_state (wake_at) WHERE wake_at IS NOT NULL;
      CREATE TABLE condition_evaluation (
        no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, target TEXT NOT NULL, at INTEGER NOT NULL, requested INTEGER NOT NULL, partitions TEXT, runs TEXT NOT NULL,
        backfill TEXT, cause TEXT NOT NULL, error TEXT, tree TEXT
      );
      CREATE INDEX condition_evaluation_by_target ON condition_evaluation (target, no);
      CREATE INDEX condition_evaluation_requested ON condition_evaluation (no) WHERE requested > 0;
      CREATE INDEX condition_evaluation_request_of ON condition_evaluation (target, no) WHERE requested > 0;
      CREATE TABLE pause (scope TEXT PRIMARY KEY, by TEXT NOT NULL, at INTEGER NOT NULL, reason TEXT, until INTEGER) WITHOUT ROWID;
      CREATE TABLE freshness_state (asset TEXT PRIMARY KEY, state TEXT NOT NULL, since INTEGER NOT NULL, changes_at INTEGER) WITHOUT ROWID;
      CREATE INDEX freshness_state_by_change ON freshness_state (changes_at) WHERE changes_at IS NOT NULL;
      CREATE INDEX freshness_state_late ON freshness_state (since) WHERE state IN ('warning', 'overdue');

      CREATE TABLE dynamic_key (name TEXT NOT NULL, key TEXT NOT NULL, no INTEGER NOT NULL, added_at INTEGER NOT NULL, added_by TEXT NOT NULL, PRIMARY KEY (name, key)) WITHOUT ROWID;
      CREATE UNIQUE INDEX dynamic_key_by_no ON dynamic_key (name, no);
      CREATE TABLE backfill (
        no INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, status TEXT NOT NULL, selection TEXT NOT NULL, partitions TEXT NOT NULL,
        asset_count INTEGER NOT NULL, runs_total INTEGER NOT NULL, succeeded TEXT NOT NULL, failed TEXT NOT NULL, canceled TEXT NOT NULL, blocked INTEGER NOT NULL, active TEXT NOT NULL, refused TEXT NOT NULL,
        max_active INTEGER NOT NULL, priority INTEGER NOT NULL, tags TEXT NOT NULL, config TEXT, created_at INTEGER NOT NULL, created_by TEXT NOT NULL,
        ended_at INTEGER, error TEXT, request_id TEXT
      );
      CREATE UNIQUE INDEX backfill_by_request ON backfill (request_id) WHERE request_id IS NOT NULL;
      CREATE INDEX backfill_open ON backfill (no) WHERE status IN ('running', 'paused', 'canceling');
      CREATE TABLE backfill_plan (backfill_no INTEGER NOT NULL, chunk INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (backfill_no, chunk));
    `,
  },
  {
    id: "0003-chains",
    sql: `
      ALTER TABLE run ADD COLUMN chain TEXT;
      ALTER TABLE tick ADD COLUMN chain TEXT;
      ALTER TABLE sensor_event ADD COLUMN chain TEXT;
      ALTER TABLE condition_state ADD COLUMN chain TEXT;
      ALTER TABLE condition_change ADD COLUMN chain TEXT;
      ALTER TABLE backfill ADD COLUMN chain TEXT;
      CREATE INDEX condition_state_chained ON condition_state (target) WHERE chain IS NOT NULL;
      CREATE TABLE self_start (root TEXT NOT NULL, sensor TEXT NOT NULL, count INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (root, sensor)) WITHOUT ROWID;
      CREATE INDEX self_start_by_time ON self_start (at);
      UPDATE automation SET gathered = (
        SELECT json_group_object(key, json_object('event', json(value), 'chain', NULL)) FROM json_each(automation.gathered)
      ) WHERE gathered IS NOT NULL;
    `,
  },
  { id: "0004-counted-ticks", sql: "ALTER TABLE self_start ADD COLUMN tick TEXT" },
  {
    id: "0005-outbox",
    // An older release may have lost registrations of webhooks, so all are sent to the directory once more; known ones stay as they are.
    sql: `
      CREATE TABLE outbox (
        no INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, destination TEXT NOT NULL, topic TEXT NOT NULL, body TEXT NOT NULL,
        created_at INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER, dead_at INTEGER, error TEXT
      );
      CREATE INDEX outbox_due ON outbox (next_at, no) WHERE next_at IS NOT NULL;
      CREATE INDEX outbox_dead ON outbox (no) WHERE dead_at IS NOT NULL;
      INSERT INTO outbox (key, destination, topic, body, created_at, attempts, next_at)
        SELECT 'msg_webhooks', 'directory', 'webhooks.register', json_object('webhooks', json_group_array(id)), 1, 0, 1 FROM hook HAVING count(*) > 0;
      INSERT INTO timer (kind, id, at) SELECT 'outbox', '', 1 FROM outbox;
    `,
  },
  {
    id: "0006-location-switch",
    // In older releases everything was on from the first publish, and it stays on.
    sql: `
      ALTER TABLE location ADD COLUMN switch TEXT NOT NULL DEFAULT 'new';
      ALTER TABLE location ADD COLUMN switched_by TEXT;
      ALTER TABLE location ADD COLUMN switched_at INTEGER;
      UPDATE location SET switch = 'on' WHERE active_version IS NOT NULL;
    `,
  },
  {
    id: "0007-staleness",
    sql: `
      ALTER TABLE asset_state ADD COLUMN saw_seq INTEGER;
      ALTER TABLE asset_state ADD COLUMN changed_seq INTEGER;
      ALTER TABLE asset_state ADD COLUMN changed_saw INTEGER;
      ALTER TABLE asset_state ADD COLUMN changed_at INTEGER;
      UPDATE asset_state SET
        saw_seq = (SELECT coalesce(started_seq, gseq) FROM asset_event WHERE asset_event.asset = asset_state.asset AND gseq = materialized_seq),
        changed_seq = (SELECT max(gseq) FROM asset_event WHERE asset_event.asset = asset_state.asset AND changed = 1);
      UPDATE asset_state SET
        changed_saw = (SELECT coalesce(started_seq, gseq) FROM asset_event WHERE asset_event.asset = asset_state.asset AND gseq = changed_seq),
        changed_at = (SELECT at FROM event WHERE gseq = changed_seq)
        WHERE changed_seq IS NOT NULL;
    `,
  },
  {
    id: "0008-first-failures",
    sql: `
      ALTER TABLE run ADD COLUMN failed_check TEXT;
      CREATE INDEX run_check_failed ON run (no) WHERE status = 'succeeded' AND checks_failed > 0;
      ALTER TABLE asset_state ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE asset_state ADD COLUMN failing_since INTEGER;
      UPDATE asset_state SET failures = 1, failing_since = failed_at WHERE failed_at IS NOT NULL;
      ALTER TABLE check_state ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
      ALTER TABLE check_state ADD COLUMN failing_since INTEGER;
      UPDATE check_state SET (failures, failing_since) = (
        SELECT count(*), min(event.at) FROM check_event AS own JOIN event ON event.gseq = own.gseq
        WHERE own.asset = check_state.asset AND own.name = check_state.name AND own.gseq >
          coalesce((SELECT max(gseq) FROM check_event AS good WHERE good.asset = own.asset AND good.name = own.name AND good.passed = 1), 0)
      ) WHERE passed = 0;
    `,
  },
  { id: "0009-agent-key", sql: "ALTER TABLE agent ADD COLUMN key_hash TEXT" },
  {
    id: "0010-delivery-content",
    sql: `
      ALTER TABLE delivery ADD COLUMN content_id TEXT;
      CREATE INDEX delivery_by_content ON delivery (hook, content_id) WHERE content_id IS NOT NULL;
    `,
  },
  {
    id: "0011-stale-partitions",
    sql: `
      ALTER TABLE asset_partition ADD COLUMN stale TEXT NOT NULL DEFAULT '';
      ALTER TABLE asset_partition ADD COLUMN stale_by TEXT;
      ALTER TABLE asset_partition ADD COLUMN stale_at INTEGER;
    `,
  },
  {
    id: "0012-pods",
    sql: `
      ALTER TABLE agent ADD COLUMN pod_of TEXT;
      ALTER TABLE step ADD COLUMN launcher TEXT;
      ALTER TABLE step ADD COLUMN pod_waits TEXT;
    `,
  },
];

/** Opens the launch and backfill dialogs. Any view can request them; the shell displays them. */
import { createContext } from "svelte";
import type { BackfillPartitions } from "#lib/backfill/backfill-form.ts";
import type { StaleLaunch } from "#lib/launch/stale-launch.ts";

export interface LaunchRequest {
  /** Either a job, */
  readonly job?: { readonly name: string; readonly location: string } | undefined;
  /** or a selection. */
  readonly selection?: string | undefined;
  readonly partition?: string | undefined;
  readonly checksOnly?: boolean | undefined;
}

export interface BackfillRequest {
  /** Either an asset, */
  readonly assetKey?: string | undefined;
  /** or a selection. */
  readonly selection?: string | undefined;
  readonly partitions?: BackfillPartitions | undefined;
}

export class Launcher {
  request = $state.raw<LaunchRequest | null>(null);
  /** The requested backfill, which has its own dialog. */
  backfillRequest = $state.raw<BackfillRequest | null>(null);

  open(request: LaunchRequest): void {
    this.request = request;
  }

  stale({ selection, isPartitioned }: StaleLaunch): void {
    if (isPartitioned) this.backfill({ selection, partitions: { type: "stale" } });
    else this.open({ selection });
  }

  backfill(request: BackfillRequest): void {
    this.request = null;
    this.backfillRequest = request;
  }

  close(): void {
    this.request = null;
    this.backfillRequest = null;
  }
}

export const [getLauncher, setLauncher] = createContext<Launcher>();

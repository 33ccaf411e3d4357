/** Where does "Materialize" lead? Any view asks for a launch here; the shell shows the one dialog that previews and confirms it. */
import { createContext } from "svelte";
import type { BackfillPartitions } from "#lib/backfill/backfill-form.ts";

export interface LaunchRequest {
  /** Either a job... */
  readonly job?: { readonly name: string; readonly location: string } | undefined;
  /** ...or a selection text. */
  readonly selection?: string | undefined;
  readonly partition?: string | undefined;
  readonly checksOnly?: boolean | undefined;
}

export interface BackfillRequest {
  /** The asset whose partitions are meant... */
  readonly assetKey?: string | undefined;
  /** ...or a selection text. */
  readonly selection?: string | undefined;
  readonly partitions?: BackfillPartitions | undefined;
}

export class Launcher {
  request = $state.raw<LaunchRequest | null>(null);
  /** A backfill that is being asked for; its dialog is another one. */
  backfillRequest = $state.raw<BackfillRequest | null>(null);

  open(request: LaunchRequest): void {
    this.request = request;
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

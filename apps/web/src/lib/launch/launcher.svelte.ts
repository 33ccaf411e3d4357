/** Where does "Materialize" lead? Any view asks for a launch here; the shell shows the one dialog that previews and confirms it. */
import { createContext } from "svelte";

export interface LaunchRequest {
  /** Either a job... */
  readonly job?: { readonly name: string; readonly location: string } | undefined;
  /** ...or a selection text. */
  readonly selection?: string | undefined;
  readonly partition?: string | undefined;
  readonly checksOnly?: boolean | undefined;
}

export class Launcher {
  request = $state.raw<LaunchRequest | null>(null);

  open(request: LaunchRequest): void {
    this.request = request;
  }

  close(): void {
    this.request = null;
  }
}

export const [getLauncher, setLauncher] = createContext<Launcher>();

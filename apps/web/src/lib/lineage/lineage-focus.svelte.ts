/** The hovered or focused asset of a drawing and its up- and downstream assets. Shared by the graph and the map. */
import type { DeploymentStore } from "#lib/deployment/deployment-store.svelte.ts";
import { assetStyle, type StatusStyle } from "#lib/status/status-style.ts";
import { impact, step, type Direction, type LineageGraph } from "./lineage-graph.ts";

const ARROWS: Readonly<Record<string, Direction>> = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

interface FocusSource {
  readonly graph: LineageGraph;
  /** Key of the focused asset. */
  readonly focus: string | null;
}

export class LineageFocus {
  hovered = $state<number | null>(null);
  readonly focused: number | null = $derived.by(() => {
    const { graph, focus } = this.#source();
    return focus === null ? null : (graph.index.get(focus) ?? null);
  });
  /** The hovered asset, or the focused one while none is hovered. */
  readonly pointed: number | null = $derived(this.hovered ?? this.focused);
  /** The pointed asset with everything up- and downstream of it; null: nothing is pointed at. */
  readonly related: ReadonlySet<number> | null = $derived.by(() => {
    if (this.pointed === null) return null;
    const { upstream, downstream } = impact(this.#source().graph, this.pointed);
    return new Set([this.pointed, ...upstream, ...downstream]);
  });
  readonly #store: DeploymentStore;
  readonly #source: () => FocusSource;

  constructor(store: DeploymentStore, source: () => FocusSource) {
    this.#store = store;
    this.#source = source;
  }

  isDimmed(position: number): boolean {
    return this.related !== null && !this.related.has(position);
  }

  keyAt(position: number | null): string | null {
    return position === null ? null : (this.#source().graph.nodes[position]?.key ?? null);
  }

  styleAt(position: number): StatusStyle {
    const node = this.#source().graph.nodes[position];
    return node ? assetStyle(this.#store.assetState(node.key), node.external, this.#store.isStale(node.key)) : { tone: "idle", label: "" };
  }

  /** Where an arrow key leads: undefined for another key, null where there is no neighbour. */
  nextPosition(key: string): number | null | undefined {
    const direction = ARROWS[key];
    if (!direction) return undefined;
    return this.focused === null ? 0 : step(this.#source().graph, this.focused, direction);
  }
}

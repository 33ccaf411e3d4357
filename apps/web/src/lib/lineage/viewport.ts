/** The visible part of the graph: scale and offset, changed by pure functions (pan, zoom, fit). */
export interface Viewport {
  /** Screen pixels per world unit. */
  readonly scale: number;
  /** World coordinate at the screen's upper left corner. */
  readonly x: number;
  readonly y: number;
}
export interface Size {
  readonly width: number;
  readonly height: number;
}
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}

export const MIN_SCALE = 0.02;
export const MAX_SCALE = 2;
/** Below this scale text is not readable: nodes are drawn as cells instead of cards. */
export const CARD_SCALE = 0.45;
/** Below this scale a card shows less text in a readable size. */
export const FULL_CARD_SCALE = 0.8;

export function pan(view: Viewport, dx: number, dy: number): Viewport {
  return { ...view, x: view.x - dx / view.scale, y: view.y - dy / view.scale };
}

/** Zooms by `factor` and keeps the world point under `at` (screen coordinates) where it is. */
export function zoomAt(view: Viewport, at: Point, factor: number): Viewport {
  const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, view.scale * factor));
  return { scale, x: view.x + at.x / view.scale - at.x / scale, y: view.y + at.y / view.scale - at.y / scale };
}

/** The whole box in view with a margin, never larger than life. */
export function fit(box: Box, screen: Size, margin = 24): Viewport {
  if (box.width <= 0 || box.height <= 0 || screen.width <= 0 || screen.height <= 0) return { scale: 1, x: box.x, y: box.y };
  const wanted = Math.min((screen.width - 2 * margin) / box.width, (screen.height - 2 * margin) / box.height, 1);
  const scale = Math.max(MIN_SCALE, wanted);
  return { scale, x: box.x + box.width / 2 - screen.width / 2 / scale, y: box.y + box.height / 2 - screen.height / 2 / scale };
}

/** The whole box if it is readable at that scale; otherwise its upper left corner in readable size. */
export function openView(box: Box, screen: Size, margin = 24): Viewport {
  const whole = fit(box, screen, margin);
  if (whole.scale >= CARD_SCALE) return whole;
  const scale = 0.62;
  const rises = box.height * scale + 2 * margin > screen.height;
  return { scale, x: box.x - margin / scale, y: rises ? box.y - margin / scale : box.y + box.height / 2 - screen.height / 2 / scale };
}

/** The smallest move that brings the box into view. */
export function reveal(view: Viewport, box: Box, screen: Size): Viewport {
  const margin = 24 / view.scale;
  const right = view.x + screen.width / view.scale;
  const bottom = view.y + screen.height / view.scale;
  const x =
    box.x - margin < view.x ? box.x - margin : box.x + box.width + margin > right ? view.x + box.x + box.width + margin - right : view.x;
  const y =
    box.y - margin < view.y
      ? box.y - margin
      : box.y + box.height + margin > bottom
        ? view.y + box.y + box.height + margin - bottom
        : view.y;
  return { ...view, x, y };
}

export function center(view: Viewport, at: Point, screen: Size): Viewport {
  return { ...view, x: at.x - screen.width / 2 / view.scale, y: at.y - screen.height / 2 / view.scale };
}

export function toWorld(view: Viewport, at: Point): Point {
  return { x: view.x + at.x / view.scale, y: view.y + at.y / view.scale };
}

/** The part of the world that is on the screen. */
export function visible(view: Viewport, screen: Size): Box {
  return { x: view.x, y: view.y, width: screen.width / view.scale, height: screen.height / view.scale };
}

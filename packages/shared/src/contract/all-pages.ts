/** Every item of a list that is answered in pages. */
import type { Page } from "./view.ts";

export async function allPages<T>(fetch: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await fetch(cursor);
    for (const item of page.items) items.push(item);
    if (page.next === null) return items;
    cursor = page.next;
  }
}

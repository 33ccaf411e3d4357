/** How much a tick may bring and ask for. */

/** At most so many events in one tick; the others wait for the next. */
export const MAX_TICK_EVENTS = 50;
/** At most so many run requests from one tick or checkpoint. More end the tick as failed, before any is made. */
export const MAX_TICK_REQUESTS = 1000;

/** A schedule or sensor is named by its code location, its kind and its name; as one text, these are its id. */

export interface AutomationSource {
  readonly location: string;
  readonly kind: "schedule" | "sensor";
  readonly name: string;
}

export function automationId(source: AutomationSource): string {
  return JSON.stringify([source.location, source.kind, source.name]);
}

export function sourceOfId(id: string): AutomationSource {
  const [location, kind, name] = JSON.parse(id) as [string, AutomationSource["kind"], string];
  return { location, kind, name };
}

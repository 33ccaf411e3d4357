/** What a package.json that was there before lacks of the one that a new project gets. */
type Packages = Readonly<Record<string, string>>;
interface PackageJson {
  readonly type?: string;
  readonly dependencies?: Packages;
  readonly devDependencies?: Packages;
  readonly peerDependencies?: Packages;
  readonly optionalDependencies?: Packages;
}

export function missingIn(present: string, wanted: string): readonly string[] {
  const own = read(present);
  const full = read(wanted);
  const has = { ...own.dependencies, ...own.devDependencies, ...own.peerDependencies, ...own.optionalDependencies };
  const lacking = (packages: Packages | undefined, place: string): string[] => {
    const names = Object.keys(packages ?? {}).filter((name) => has[name] === undefined);
    return names.length > 0 ? [`${names.join(", ")} to ${place}`] : [];
  };
  return [
    ...(own.type === full.type ? [] : [`"type": "${full.type ?? "module"}"`]),
    ...lacking(full.dependencies, "dependencies"),
    ...lacking(full.devDependencies, "devDependencies"),
  ];
}

function read(text: string): PackageJson {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    // npm itself says what is wrong with it.
    return {};
  }
}

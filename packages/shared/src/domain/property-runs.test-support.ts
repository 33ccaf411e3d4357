/** The number of cases that a property tries: a few hundred in every test run; `HEADGATE_PROPERTY_RUNS=10000` for a thorough one. */
export function propertyRuns(usual: number): number {
  const wanted = Number(process.env["HEADGATE_PROPERTY_RUNS"] ?? NaN);
  return Number.isInteger(wanted) && wanted > 0 ? wanted : usual;
}

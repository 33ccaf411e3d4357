/** What is said where the value of a secret variable stands in what would be published of a dbt project. */
import type { LoadError } from "@headgate/shared/manifest/schema.ts";

const MAX_PLACES = 5;
const ADVICE = "If it is no secret, give the variable a name that does not look like one.";

export function secretHidden(variable: string, places: readonly string[]): string {
  return `The environment variable ${variable} is named like a secret; its value is hidden in what is published: ${listed(places)}. ${ADVICE}`;
}

export function secretInNames(variable: string, places: readonly string[]): LoadError {
  return {
    kind: "project",
    message: `The value of the environment variable ${variable}, which is named like a secret, would be published as ${listed(places)}.`,
    hint: `Read it in profiles.yml or in a model's SQL only: a name cannot be hidden, because dbt would not find it again. ${ADVICE}`,
  };
}

export function secretInError(variables: readonly string[]): string {
  const values = variables.length === 1 ? "value" : "values";
  return `dbt gets another text for the ${values} of ${variables.join(", ")} while it reads the project for publishing. ${ADVICE}`;
}

function listed(places: readonly string[]): string {
  const more = places.length - MAX_PLACES;
  return `${places.slice(0, MAX_PLACES).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

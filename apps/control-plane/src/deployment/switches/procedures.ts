/** Procedures about the switches of code locations. */
import { AppError, ok } from "@headgate/shared/domain/errors.ts";
import type { ProceduresOf } from "../kernel/procedure.ts";
import { switchLocation } from "./switch-location.ts";
import { switchViews } from "./switch-views.ts";

export const switchProcedures: ProceduresOf<"switches"> = {
  "switches.list": (reader) => ok(switchViews(reader)),
  "switches.set"(tx, input, actor) {
    const switched = switchLocation(tx, input, actor);
    if (!switched.ok) return switched;
    return ok((reader) => {
      const view = switchViews(reader).find(({ location }) => location === switched.value);
      if (!view) throw new AppError("internal", `Code location ${switched.value} vanished while it was switched.`);
      return view;
    });
  },
};

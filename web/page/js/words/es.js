/** All words in Spanish: a line for each file of `es/`. */
import { words as claim } from "./es/claim.js";
import { words as device } from "./es/device.js";
import { words as devices } from "./es/devices.js";
import { words as energy } from "./es/energy.js";
import { words as first } from "./es/first.js";
import { words as household } from "./es/household.js";
import { words as insights } from "./es/insights.js";
import { words as logbook } from "./es/logbook.js";
import { words as shell } from "./es/shell.js";
import { words as week } from "./es/week.js";

export const words = {
  ...shell,
  ...devices,
  ...claim,
  ...device,
  ...week,
  ...insights,
  ...energy,
  ...first,
  ...logbook,
  ...household,
};

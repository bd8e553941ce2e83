/** All words in English: a line for each file of `en/`. */
import { words as claim } from "./en/claim.js";
import { words as device } from "./en/device.js";
import { words as devices } from "./en/devices.js";
import { words as energy } from "./en/energy.js";
import { words as first } from "./en/first.js";
import { words as household } from "./en/household.js";
import { words as insights } from "./en/insights.js";
import { words as logbook } from "./en/logbook.js";
import { words as shell } from "./en/shell.js";
import { words as week } from "./en/week.js";

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

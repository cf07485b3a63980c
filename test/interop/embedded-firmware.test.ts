import { startEmbedded } from "./embedded-server.ts";
import { firmwareCases } from "./firmware-cases.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › embedded › firmware", startEmbedded, { cases: firmwareCases });

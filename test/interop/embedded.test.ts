import { startEmbedded } from "./embedded-server.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › embedded", startEmbedded);

import { startLeshan } from "./leshan-server.ts";
import { interopSuite } from "./suite.ts";

interopSuite("Leshan", startLeshan);

import { firmwareCases } from "./firmware-cases.ts";
import { startLeshan } from "./leshan-server.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › Leshan › firmware", startLeshan, { cases: firmwareCases });

import { conformanceCases } from "./conformance-cases.ts";
import { startLeshan } from "./leshan-server.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › Leshan", startLeshan);
interopSuite("xs › Leshan › conformance", startLeshan, { cases: conformanceCases, image: "conformance" });

import { conformanceCases } from "./conformance-cases.ts";
import { startEmbedded } from "./embedded-server.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › embedded", startEmbedded);
interopSuite("xs › embedded › conformance", startEmbedded, { cases: conformanceCases, image: "conformance" });

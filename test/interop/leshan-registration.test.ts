import { leshanRegistrationCases } from "./leshan-registration-cases.ts";
import { startLeshan } from "./leshan-server.ts";
import { interopSuite } from "./suite.ts";

interopSuite("xs › Leshan › registration", startLeshan, { cases: leshanRegistrationCases, image: "conformance" });

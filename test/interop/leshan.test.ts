import { describe } from "node:test";
import { conformanceCases } from "./conformance-cases.ts";
import { twoServerCases } from "./conformance-other-devices.ts";
import { startLeshan } from "./leshan-server.ts";
import { askingCases, interopSuite, waitingCases } from "./suite.ts";

// Side by side, each with a server and a device of its own: they wait most of the time.
describe("Leshan", { concurrency: true }, () => {
	interopSuite("xs › Leshan", startLeshan, { cases: askingCases });
	interopSuite("xs › Leshan", startLeshan, { cases: waitingCases });
	interopSuite("xs › Leshan › conformance", startLeshan, {
		cases: conformanceCases,
		more: twoServerCases(startLeshan),
		image: "conformance",
	});
});

import { describe } from "node:test";
import { conformanceCases } from "./conformance-cases.ts";
import { twoServerCases } from "./conformance-other-devices.ts";
import { startEmbedded } from "./embedded-server.ts";
import { askingCases, interopSuite, waitingCases } from "./suite.ts";

// Side by side, each with a server and a device of its own: they wait most of the time.
describe("embedded", { concurrency: true }, () => {
	interopSuite("xs › embedded", startEmbedded, { cases: askingCases });
	interopSuite("xs › embedded", startEmbedded, { cases: waitingCases });
	interopSuite("xs › embedded › conformance", startEmbedded, {
		cases: conformanceCases,
		more: twoServerCases(startEmbedded),
		image: "conformance",
	});
});

import { type Case, hasCode } from "./case.ts";
import { startLeshan } from "./leshan-server.ts";
import { interopSuite } from "./suite.ts";

/** What the embedded server does not ask for yet. */
const more: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 204 Read in LwM2M JSON (11543), which the device does not speak, is 4.06 at every level",
		run: async ({ remote }) => {
			for (const path of ["/3", "/3/0", "/3/0/0"]) hasCode(await remote.read(path, { format: "JSON" }), "4.06", path);
		},
	},
];

interopSuite("xs › Leshan", startLeshan, { more });

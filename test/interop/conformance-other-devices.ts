import { deepEqual, equal } from "node:assert/strict";
import { type Case, hasCode, valuesIn } from "./case.ts";
import { resource } from "./conformance-values.ts";
import type { Instance } from "./rest-node.ts";
import type { ServerUnderTest } from "./server-under-test.ts";

/** A client of LwM2M 1.0, which alone must speak LwM2M JSON. */
export const enabler10Cases: readonly Case[] = [
	{
		name: "[CORE-DM-1] ETS 203 204 LwM2M 1.0: Read in LwM2M JSON is what TLV says, for object, instance and Resource",
		run: async (bench) => {
			const { device, remote } = await bench.start("dormouse-1-0", 60, { image: "conformance-1.0" });
			equal((await bench.server.rest.client(device.endpoint))?.lwM2mVersion, "1.0");
			for (const path of ["/1", "/1/0", "/3/0/6", "/3/0/0", "/6/0"]) {
				const json = valuesIn(await remote.read(path, { format: "JSON" }), path);
				deepEqual(json, valuesIn(await remote.read(path, { format: "TLV" }), path), path);
			}
			hasCode(await remote.read("/3/0", { format: "SENML_JSON" }), "4.06", "SenML JSON");
			await device.kill();
		},
	},
	{
		name: "[CORE-DM-1] ETS 215 220 LwM2M 1.0: partial Write and Write of /1/0 in LwM2M JSON, and back",
		run: async (bench) => {
			const { device, remote } = await bench.start("dormouse-1-0-json", 60, { image: "conformance-1.0" });
			const { content } = await remote.read("/1/0", { format: "TLV" });
			if (content?.kind !== "instance") throw new Error("no instance");
			const before: Instance = { ...content, resources: content.resources.filter(({ id }) => id !== 0) };
			const part: Instance = {
				kind: "instance",
				id: 0,
				resources: [resource(2, "integer", "3"), resource(3, "integer", "1010"), resource(6, "boolean", true)],
			};
			hasCode(await remote.write("/1/0", part, { format: "JSON", mode: "update" }), "2.04", "partial Write");
			const values = valuesIn(await remote.read("/1/0", { format: "JSON" }), "/1/0");
			deepEqual([values.get("/1/0/2"), values.get("/1/0/3"), values.get("/1/0/6")], ["3", "1010", true]);
			hasCode(await remote.write("/1/0", before, { format: "JSON" }), "2.04", "Write");
			deepEqual(valuesIn(await remote.read("/1/0"), "/1/0"), valuesOfInstance(content));
			await device.kill();
		},
	},
];

const valuesOfInstance = (content: Instance) =>
	valuesIn({ code: "2.05", status: "CONTENT(205)", success: true, content }, "/1/0");

/** Two servers, each with its own account at one device. */
export function twoServerCases(start: () => Promise<ServerUnderTest>): readonly Case[] {
	return [
		{
			name: "[CORE-REG-3] ETS 950 one device registers with two servers; each reads its own account, and Device",
			run: async (bench) => {
				const second = await start();
				try {
					const plan = JSON.stringify({ configuration: "C.14", secondServerUri: second.coapUri });
					const { device, remote } = await bench.start("dormouse-two", 60, { more: ["--plan", plan] });
					await device.wait("registered", { server: 1 });
					await device.wait("registered", { server: 2 });
					const other = second.rest.of(device.endpoint);
					equal(valuesIn(await remote.read("/1/0"), "/1/0").get("/1/0/0"), "1");
					equal(valuesIn(await other.read("/1/1"), "/1/1").get("/1/1/0"), "2");
					hasCode(await remote.read("/3/0/0"), "2.05", "Device for the first");
					hasCode(await other.read("/3/0/0"), "2.05", "Device for the second");
					hasCode(await other.execute("/1/0/8"), "4.01", "the other's account");
					await device.kill();
				} finally {
					await second.stop();
				}
			},
		},
	];
}

import { deepEqual, ok } from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { bundle } from "../../../../hosts/simulator/image/bundle.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** Payload formats, composites and access control that a bundle of these sources holds. */
async function parts(...entries: readonly string[]): Promise<string[]> {
	const modules = await bundle({ entries: entries.map((entry) => join(root, entry)), root, shake: true });
	const chosen = /^modules\/(formats\/(payload|text|opaque|cbor|tlv|senml|lwm2m)|lwm2m\/(composite|access-control)$)/;
	return modules.map(({ name }) => name).filter((name) => chosen.test(name));
}

test("[CORE-DM-1] a client has the formats, composites and access control that its product names", async () => {
	const client = ["modules/lwm2m/client.js", "modules/lwm2m/loop.js", "modules/objects/security-0.js"];
	deepEqual(await parts(...client), []);
	deepEqual(await parts(...client, "modules/formats/text.js", "modules/lwm2m/composite.js"), [
		"modules/formats/text",
		"modules/lwm2m/composite",
	]);
	ok((await parts(...client, "modules/formats/payload.js")).length > 8, "the check can fail");
});

/** hosts/sockets on XS, in the user's own SDK: the image of device/, over loopback. Skipped without $MODDABLE. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { whatIsMissing } from "../desktop/desktop-device.ts";

const root = fileURLToPath(new URL("../../../../..", import.meta.url));
const script = (name: string) => import(pathToFileURL(join(root, "scripts", name)).href);

interface Sdk {
	findSdk(): object;
	buildForSimulator(options: object): Promise<string>;
}

interface Simulator {
	runInSimulator(sdk: object, image: string, options: object, onLine: (line: string) => void): Promise<number>;
}

test("sockets on the XS of the SDK: UDP, TCP and names over loopback", { skip: whatIsMissing() ?? false }, async () => {
	const { findSdk, buildForSimulator } = (await script("sdk.mjs")) as Sdk;
	const { runInSimulator } = (await script("desktop-simulator.mjs")) as Simulator;
	const folder = mkdtempSync(join(tmpdir(), "dormouse-sockets-"));
	try {
		const manifest = join(root, "test/hosts/sockets/device/manifest.json");
		const output = join(root, "build/sockets");
		const built: string[] = [];
		const sdk = findSdk();
		const onLine = (line: string) => built.push(line);
		const image = await buildForSimulator({ sdk, manifest, name: "dormouse-sockets", output, onLine });
		const said: string[] = [];
		const options = { state: folder, settings: {}, window: false, for: "240" };
		const status = await runInSimulator(sdk, image, options, (line) => said.push(line));
		assert.equal(status, 0, said.join("\n"));
		const expected = ["datagrams 127.0.0.1", "datagrams ::1", "refusals", "stream", "names"];
		assert.deepEqual(
			said.filter((line) => line.includes("ok ")),
			expected.map((name) => `ok ${name}`),
		);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
});

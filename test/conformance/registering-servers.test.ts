/** The embedded server towards clients that are written by hand: what Leshan's suites have of it. */
import { equal, ok, rejects } from "node:assert/strict";
import { test } from "node:test";
import { Chance } from "../../hosts/simulator/chance.ts";
import { VirtualNetwork } from "../../hosts/simulator/network/virtual-network.ts";
import { OperationFailure } from "../../hosts/simulator/server/refusal.ts";
import { Lwm2mServer } from "../../hosts/simulator/server/server.ts";
import { VirtualTime } from "../../hosts/simulator/time.ts";
import { codeText } from "../../modules/coap/code.ts";
import { type Reply, ScriptedClient } from "../hosts/simulator/server/scripted-client.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

async function stage() {
	const time = new VirtualTime();
	const chance = new Chance(9);
	const network = new VirtualNetwork({ time, chance: chance.branch("network") });
	const host = network.newAddress();
	const server = new Lwm2mServer({ time, network, host, dice: chance, entropy: chance.branch("entropy") });
	await server.start();
	const client = new ScriptedClient(network, { host, port: server.port });
	const settled = async <T>(promise: Promise<T>): Promise<T> => {
		let isSettled = false;
		const done = () => {
			isSettled = true;
		};
		promise.then(done, done);
		const endMs = time.nowMs() + 300_000;
		while (!isSettled && time.step(endMs)) await new Promise((resolve) => setImmediate(resolve));
		return promise;
	};
	/** @returns the code that a Register gets */
	const register = async (query: readonly string[], links: string | undefined) => {
		const body = links === undefined ? {} : { contentFormat: 40, payload: utf8(links) };
		return codeText((await settled(client.request({ code: 2, path: ["rd"], query, ...body }))).code);
	};
	return { server, client, settled, register };
}

const links = "</1/0>,</3/0>";

test("[CORE-SRV-1] L-6 a Register without a list of Objects is refused", async () => {
	const { register, server } = await stage();
	equal(await register(["ep=a", "lt=300", "lwm2m=1.1"], undefined), "4.00");
	equal(await register(["ep=a", "lt=300", "lwm2m=1.1"], links), "2.01");
	server.stop();
});

test("[CORE-SRV-1] L-7 bindings of another version are refused", async () => {
	const { register, server } = await stage();
	for (const [version, binding, code] of [
		["1.1", "b=UQ", "4.00"],
		["1.0", "b=UT", "4.00"],
		["1.0", "b=UQ", "2.01"],
		["1.1", "b=UT", "2.01"],
	] as const) {
		equal(await register(["ep=a", "lt=300", `lwm2m=${version}`, binding], links), code, `${version} ${binding}`);
	}
	equal(await register(["ep=a", "lt=300", "lwm2m=1.1", "b=U", "Q"], links), "2.01");
	server.stop();
});

for (const [what, reply] of [
	["an acknowledgement and no response", { code: 0 }],
	["nothing at all", "silence"],
] as const) {
	test(`[CORE-SRV-1] L-8 ${what}: the server gives up by itself`, async () => {
		const { register, server, client, settled } = await stage();
		client.reply = (request): Reply => (request.path === "/3/0/0" ? reply : { code: 0x45 });
		equal(await register(["ep=a", "lt=3000", "lwm2m=1.1"], links), "2.01");
		await rejects(settled(server.operations.read("a", "/3/0/0")), (error) => {
			ok(error instanceof OperationFailure);
			equal(error.reason, "timedOut");
			return true;
		});
		ok(server.client("a") !== undefined, "it is still registered");
		server.stop();
	});
}

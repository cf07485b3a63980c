import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import type { NetworkSocket } from "../../../../hosts/simulator/network/network.ts";
import { UdpNetwork } from "../../../../hosts/simulator/network/udp-network.ts";
import { readUtf8, utf8 } from "../../../../modules/bytes.ts";
import { HostFailure } from "../../../../modules/host.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

/** A socket, and a promise of what it hears next. */
function listening(network: UdpNetwork, options: { host?: string; port?: number }) {
	const into = new Uint8Array(1500);
	const from = { host: "", port: 0 };
	let hear: (text: string) => void = () => {};
	const socket: NetworkSocket = network.open({
		...options,
		onReadable: () => {
			for (let size = socket.read(into, from); size >= 0; size = socket.read(into, from)) {
				hear(`${readUtf8(into, 0, size)} from ${from.host}`);
			}
		},
	});
	const next = () =>
		new Promise<string>((resolve) => {
			hear = resolve;
		});
	return { socket, next, from };
}

for (const host of hasIpv6 ? ["127.0.0.1", "::1"] : ["127.0.0.1"]) {
	test(`datagrams go there and back over ${host}`, { timeout: 5000 }, async () => {
		const network = new UdpNetwork();
		const server = listening(network, { host });
		const client = listening(network, {});
		const port = await server.socket.bound;
		ok(port > 0);
		const heard = server.next();
		client.socket.write(utf8("ping"), { host, port });
		equal(await heard, `ping from ${host}`);
		const answer = client.next();
		server.socket.write(utf8("pong"), server.from);
		equal(await answer, `pong from ${host}`);
		server.socket.close();
		client.socket.close();
		throws(() => client.socket.write(utf8("x"), { host, port }), HostFailure);
	});
}

test("a port that is taken is told in words", { timeout: 5000 }, async () => {
	const network = new UdpNetwork();
	const first = network.open({ host: "127.0.0.1", onReadable: () => {} });
	const port = await first.bound;
	const second = network.open({ host: "127.0.0.1", port, onReadable: () => {} });
	await rejects(second.bound, (error: Error) => error.message === `UDP port ${port} is in use by another program`);
	first.close();
});

test("a port where nobody listens is silence, not an error", { timeout: 5000 }, async () => {
	const network = new UdpNetwork();
	const gone = network.open({ host: "127.0.0.1", onReadable: () => {} });
	const port = await gone.bound;
	gone.close();
	const client = listening(network, { host: "127.0.0.1" });
	const own = await client.socket.bound;
	for (let count = 0; count < 3; count++) client.socket.write(utf8("anyone?"), { host: "127.0.0.1", port });
	const heard = client.next();
	client.socket.write(utf8("still here"), { host: "127.0.0.1", port: own });
	equal(await heard, "still here from 127.0.0.1");
	throws(() => client.socket.write(new Uint8Array(65508), { host: "127.0.0.1", port }), HostFailure);
	throws(() => client.socket.write(utf8("x"), { host: "localhost", port }), HostFailure);
	client.socket.close();
});

test("names are looked up, literals are their own, nonsense has no address", { timeout: 20_000 }, async () => {
	const network = new UdpNetwork();
	const resolve = (name: string) => new Promise<readonly string[]>((found) => network.resolve(name, found));
	const literals = ["127.0.0.1", "[::1]", "2001:DB8:0::00:1"];
	deepEqual(await Promise.all(literals.map(resolve)), [["127.0.0.1"], ["::1"], ["2001:db8::1"]]);
	equal((await resolve("localhost"))[0], "127.0.0.1", "IPv4 first, whatever else there is");
	deepEqual(await resolve("no-such-name.invalid"), []);
});

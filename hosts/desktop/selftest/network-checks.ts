import type { Address, Datagrams, Host } from "../../../modules/host.ts";
import { type Check, type Done, expect, expectThrows, sameBytes } from "./check.ts";

const loopback = "127.0.0.1";

export function networkChecks(): readonly Check[] {
	return [
		{ name: "UDP: bytes and addresses arrive both ways", run: echoes },
		{ name: "UDP: a datagram that does not fit is dropped, the next one is read", run: drops },
		{ name: "UDP: a datagram that the SDK cut is dropped", run: dropsCut },
		{ name: "UDP: what the host can not do is a HostFailure", run: refuses },
		{ name: "names: a literal and localhost resolve, later and once", run: resolvesKnown },
		{ name: "names: one that does not exist has no address, once", run: resolvesNothing },
	];
}

/** Opens a socket on a port that is free. */
export function openAnywhere(host: Host, onReadable: (socket: Datagrams) => void): { socket: Datagrams; port: number } {
	for (let attempt = 0; attempt < 20; attempt++) {
		const port = 30_000 + host.dice.below(20_000);
		try {
			const socket: Datagrams = host.openDatagrams({ port, onReadable: () => onReadable(socket) });
			return { socket, port };
		} catch {
			// taken: try another
		}
	}
	throw new Error("no free port in 20 attempts");
}

function echoes(host: Host, done: Done): void {
	const sent = new Uint8Array(1152).map((_, index) => index & 0xff);
	const into = new Uint8Array(1280);
	const from: Address = { host: "", port: 0 };
	const server = openAnywhere(host, (socket) => {
		const size = socket.read(into, from);
		if (size < 0) return;
		socket.write(into.subarray(0, size), from);
	});
	const client = host.openDatagrams({
		onReadable(count) {
			const size = client.read(into, from);
			const isEmptyNow = client.read(into, from) === -1;
			client.close();
			server.socket.close();
			if (count < 1) done(`onReadable(${count})`);
			else if (!sameBytes(into.subarray(0, size), sent.subarray(1))) done(`sent 1151 bytes, ${size} came back`);
			else if (from.host !== loopback || from.port !== server.port) done(`came from ${from.host}:${from.port}`);
			else done(isEmptyNow ? undefined : "a second datagram from nowhere");
		},
	});
	client.write(sent.subarray(1), { host: loopback, port: server.port });
}

function drops(host: Host, done: Done): void {
	const small = new Uint8Array(64);
	const from: Address = { host: "", port: 0 };
	const server = openAnywhere(host, (socket) => {
		const size = socket.read(small, from);
		if (size < 0) return;
		socket.close();
		client.close();
		done(size === 3 && small[0] === 7 ? undefined : `read ${size} bytes`);
	});
	const client = host.openDatagrams({ onReadable: () => {} });
	client.write(new Uint8Array(65), { host: loopback, port: server.port });
	client.write(new Uint8Array(3).fill(7), { host: loopback, port: server.port });
}

function dropsCut(host: Host, done: Done): void {
	const roomy = new Uint8Array(4096);
	const from: Address = { host: "", port: 0 };
	const server = openAnywhere(host, (socket) => {
		const size = socket.read(roomy, from);
		if (size < 0) return;
		socket.close();
		client.close();
		done(size === 1500 ? undefined : `read ${size} of 3000 bytes`);
	});
	const client = host.openDatagrams({ onReadable: () => {} });
	client.write(new Uint8Array(3000), { host: loopback, port: server.port });
	client.write(new Uint8Array(1500), { host: loopback, port: server.port });
}

function refuses(host: Host, done: Done): void {
	const { socket, port } = openAnywhere(host, () => {});
	expectThrows("HostFailure", () => host.openDatagrams({ port, onReadable: () => {} }), "a port twice");
	const bytes = new Uint8Array(4);
	expectThrows("HostFailure", () => socket.write(bytes, { host: "::1", port: 5683 }), "IPv6");
	expectThrows("HostFailure", () => socket.write(new Uint8Array(70_000), { host: loopback, port }), "70000 bytes");
	socket.write(bytes, { host: loopback, port: 9 }); // nobody there: that is loss, not an error
	socket.close();
	const again = host.openDatagrams({ port, onReadable: () => {} });
	again.close();
	done();
}

function resolvesKnown({ resolver }: Host, done: Done): void {
	const answers: string[] = [];
	let hasReturned = false;
	const take = (addresses: readonly string[]) => {
		expect(hasReturned, "answered before resolve returned");
		if (answers.push(addresses.join(" ")) === 3) {
			const text = [...answers].sort().join();
			done(text === "127.0.0.1,192.0.2.1,2001:db8::1" ? undefined : text);
		}
	};
	resolver.resolve("192.0.2.1", take);
	resolver.resolve("localhost", take);
	resolver.resolve("2001:db8::1", take);
	hasReturned = true;
}

function resolvesNothing({ resolver }: Host, done: Done): void {
	resolver.resolve("no-such-name.invalid", (addresses) =>
		done(addresses.length === 0 ? undefined : `got ${addresses}`),
	);
}

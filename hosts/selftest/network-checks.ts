import { type Address, type Datagrams, type Host, HostFailure } from "../../modules/host.ts";
import { type Check, type Done, Skipped, sameBytes } from "./check.ts";

const loopback = "127.0.0.1";
/** How often a datagram is sent until its echo comes: links lose some. */
const sendings = 5;
const echoBytes = 1151;

export interface NetworkOptions {
	/**
	 * Who sends back every datagram, and all that comes by TCP (RFC 862): `npm run selftest` is one. Without it the
	 * board's own loopback.
	 */
	readonly peer?: Address | undefined;
	/** A name that has an address. */
	readonly name?: string | undefined;
	/** Whether the board reaches itself at 127.0.0.1; some stacks have no loopback. Yes when left out. */
	readonly hasLoopback?: boolean | undefined;
}

export function networkChecks(options: NetworkOptions): readonly Check[] {
	return [
		{
			name: "UDP: bytes and addresses arrive, to a peer and back",
			takesAlarm: true,
			run: (host, done) => echoes(host, options, done),
		},
		{ name: "UDP: a datagram that does not fit is dropped, the next one is read", run: onLoopback(options, drops) },
		{ name: "UDP: a port is free again when it is closed", run: freesPort },
		{ name: "names: a literal is its own address, later and once", run: resolvesLiteral },
		{ name: "names: one that has an address", run: (host, done) => resolvesName(host, options, done) },
		{ name: "names: one that does not exist has none, once", run: resolvesNothing },
	];
}

/** Leaves a check out where the board does not reach itself. */
export function onLoopback({ hasLoopback = true }: NetworkOptions, run: Check["run"]): Check["run"] {
	return (host, done) => {
		if (hasLoopback) run(host, done);
		else done(new Skipped("the board does not reach itself"));
	};
}

/** Opens a socket on a port that is free. @throws HostFailure when none of 20 is */
export function openAnywhere(host: Host, onReadable: (socket: Datagrams) => void): { socket: Datagrams; port: number } {
	for (let attempt = 0; attempt < 20; attempt++) {
		const port = 30_000 + host.dice.below(20_000);
		try {
			const socket: Datagrams = host.openDatagrams({ port, onReadable: () => onReadable(socket) });
			return { socket, port };
		} catch (error) {
			if (!(error instanceof HostFailure)) throw error; // taken: try another
		}
	}
	throw new HostFailure("no free port in 20 attempts");
}

/** Sends what the dice say to the peer, or to a socket of its own that sends it back. */
function echoes(host: Host, { peer, hasLoopback = true }: NetworkOptions, done: Done): void {
	if (peer === undefined && !hasLoopback) {
		done(new Skipped("no peer was named, and the board does not reach itself"));
		return;
	}
	const sent = new Uint8Array(echoBytes);
	host.entropy.fill(sent);
	const into = new Uint8Array(1280);
	const from: Address = { host: "", port: 0 };
	const server =
		peer !== undefined
			? undefined
			: openAnywhere(host, (socket) => {
					for (let size = socket.read(into, from); size >= 0; size = socket.read(into, from)) {
						socket.write(into.subarray(0, size), from);
					}
				});
	const to = peer ?? { host: loopback, port: server!.port };
	let sentTimes = 0;
	const end = (outcome?: string) => {
		host.clock.setAlarm(undefined, () => {});
		client.close();
		server?.socket.close();
		done(outcome);
	};
	const client = host.openDatagrams({
		onReadable(count) {
			const size = client.read(into, from);
			if (size < 0) return;
			if (count < 1) end(`onReadable(${count})`);
			else if (from.host !== to.host || from.port !== to.port) end(`came from ${from.host}:${from.port}`);
			else
				end(
					sameBytes(into.subarray(0, size), sent) ? undefined : `sent ${sent.length} bytes, ${size} others came back`,
				);
		},
	});
	const send = () => {
		if (++sentTimes > sendings) {
			end(`nothing came back from ${to.host}:${to.port} in ${sendings} tries`);
			return;
		}
		host.clock.setAlarm(host.clock.nowMs() + 1000, send);
		client.write(sent, to);
	};
	send();
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

function freesPort(host: Host, done: Done): void {
	const { socket, port } = openAnywhere(host, () => {});
	socket.close();
	host.openDatagrams({ port, onReadable: () => {} }).close();
	done();
}

function resolvesLiteral({ resolver }: Host, done: Done): void {
	let hasReturned = false;
	resolver.resolve("192.0.2.1", (hosts) => {
		if (!hasReturned) done("answered before resolve returned");
		else done(hosts.length === 1 && hosts[0] === "192.0.2.1" ? undefined : `got ${hosts.join()}`);
	});
	hasReturned = true;
}

function resolvesName({ resolver }: Host, { name }: NetworkOptions, done: Done): void {
	if (name === undefined) done(new Skipped("no name was given"));
	else resolver.resolve(name, (hosts) => done(hosts.length > 0 ? undefined : `${name} has no address`));
}

function resolvesNothing({ resolver }: Host, done: Done): void {
	resolver.resolve("no-such-name.invalid", (hosts) => done(hosts.length === 0 ? undefined : `got ${hosts.join()}`));
}

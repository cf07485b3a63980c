import { ServerAddress } from "../../../modules/lwm2m/server-address.ts";
import type { ServerUri } from "../../../modules/lwm2m/server-uri.ts";
import { deepEqual, equal, ok, seeded, test } from "../../harness.ts";

const uri: ServerUri = { scheme: "coap", host: "server.example", port: 5683 };

function looking(hosts: readonly string[], most = 4): ServerAddress {
	const where = new ServerAddress(most);
	where.look(uri);
	where.takeName();
	where.resolved(hosts);
	return where;
}

/** Looks the name up again. */
function again(where: ServerAddress, hosts: readonly string[]): string {
	where.look(uri);
	where.takeName();
	return where.resolved(hosts);
}

/** The addresses of a round, in the order in which they are tried. */
function round(where: ServerAddress): string[] {
	const tried = [where.address.host];
	while (where.next()) tried.push(where.address.host);
	return tried;
}

test("[CORE-REG-1] a name is asked for once, and its answer is awaited until then", () => {
	const where = new ServerAddress(4);
	equal(where.takeName(), undefined);
	ok(!where.awaits("server.example"), "nothing was asked");
	where.look(uri);
	ok(!where.awaits("server.example"), "not taken yet");
	equal(where.takeName(), "server.example");
	equal(where.takeName(), undefined);
	ok(where.awaits("server.example"));
	ok(!where.awaits("other.example"));
	deepEqual(where.address, { host: "", port: 0 });
	equal(where.resolved(["192.0.2.1"]), "moved");
	deepEqual(where.address, { host: "192.0.2.1", port: 5683 });
});

test("[CORE-REG-1] several addresses are tried in the resolver's order, each once, whatever it repeats", () => {
	deepEqual(round(looking(["a", "b", "a", "c", "b"])), ["a", "b", "c"]);
});

test("[CORE-REG-1] no more addresses than the limit count", () => {
	deepEqual(round(looking(["a", "b", "c", "d", "e"], 3)), ["a", "b", "c"]);
});

test("[CORE-REG-1] a name without an address leaves the last one as it was", () => {
	const where = looking(["a"]);
	equal(again(where, []), "none");
	equal(where.address.host, "a");
});

test("[CORE-REG-1] the address that works stays the first one, wherever the resolver puts it now", () => {
	const where = looking(["a", "b", "c"]);
	ok(where.next());
	equal(again(where, ["a", "b", "c"]), "same");
	deepEqual(round(where), ["b", "a", "c"]);
});

test("[CORE-REG-1] an address that fell silent is tried last", () => {
	const where = looking(["a", "b"]);
	where.silent();
	equal(again(where, ["a", "b"]), "moved");
	deepEqual(round(where), ["b", "a"]);
});

test("[CORE-REG-1] one address that fell silent is the one to try again", () => {
	const where = looking(["a"]);
	where.silent();
	equal(again(where, ["a"]), "same");
	deepEqual(round(where), ["a"]);
});

test("[CORE-REG-1] a server that moved is found where its name says", () => {
	const where = looking(["a"]);
	equal(again(where, ["b"]), "moved");
	deepEqual(round(where), ["b"]);
});

test("[CORE-REG-1] another port of the same host is another address", () => {
	const where = looking(["a"]);
	where.look({ ...uri, port: 5700 });
	where.takeName();
	equal(where.resolved(["a"]), "moved");
	deepEqual(where.address, { host: "a", port: 5700 });
});

test("[CORE-REG-1] drawn names: every round tries each address once, and the silent one last", () => {
	const draw = seeded(20261121);
	for (let run = 0; run < 500; run++) {
		const where = new ServerAddress(4);
		let silent = "";
		for (let look = 0; look < 5; look++) {
			const hosts = Array.from({ length: 1 + draw(6) }, () => "abcdef"[draw(6)]!);
			again(where, hosts);
			const expected = hosts.filter((host, at) => hosts.indexOf(host) === at).slice(0, 4);
			const tried = round(where);
			deepEqual(tried.slice().sort(), expected.slice().sort());
			const silentAt = tried.indexOf(silent);
			ok(silentAt < 0 || silentAt === tried.length - 1, `${hosts} after ${silent}: ${tried}`);
			silent = where.address.host;
		}
	}
});

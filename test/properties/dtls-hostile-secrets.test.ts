/** Who compares secrets looks at all of them: equalSecret() does, and nothing else compares them. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { equalSecret } from "../../modules/crypto/equal.ts";
import { CookieJar } from "../../modules/dtls/cookie.ts";
import { readClientHello } from "../../modules/dtls/hello.ts";
import { psk } from "./dtls-hostile-casts.ts";
import { noise } from "./dtls-hostile-forgery.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

interface Line {
	readonly file: string;
	readonly text: string;
}

const lines: readonly Line[] = ["modules/dtls", "modules/crypto"].flatMap((folder) =>
	readdirSync(join(root, folder))
		.filter((name) => name.endsWith(".ts"))
		.flatMap((name) => {
			const file = `${folder}/${name}`;
			const text = readFileSync(join(root, file), "utf8");
			return text.split("\n").map((line) => ({ file, text: line.trim() }));
		}),
);

/** Bytes that are compared byte by byte until two differ: all of them travel in the clear, or are public anyway. */
const publicComparisons = new Map([
	["modules/crypto/trust-path.ts", "certificates"],
	["modules/crypto/trust.ts", "certificates, keys and hashes of certificates"],
	["modules/crypto/certificate-name.ts", "names"],
	["modules/dtls/association.ts", "randoms of hellos"],
	["modules/dtls/client-handshake.ts", "cookies that we were given, randoms of hellos"],
	["modules/dtls/client-hello.ts", "session ids in hellos"],
	["modules/dtls/remote-endpoint.ts", "randoms of hellos"],
	["modules/dtls/server-association.ts", "randoms of hellos"],
	["modules/dtls/server-handshake.ts", "randoms of hellos"],
	["modules/dtls/session-cache.ts", "session ids in hellos"],
	["modules/dtls/state-homes.ts", "states of our own, of two stores"],
	["modules/dtls/state-keeping.ts", "PSK identities, in the clear"],
]);

/** Where a MAC, a tag, a cookie, verify_data or what a key is pinned by is compared. */
const secretComparisons = [
	"modules/crypto/ccm.ts",
	"modules/crypto/gcm.ts",
	"modules/dtls/cbc-protection.ts",
	"modules/dtls/cookie.ts",
	"modules/dtls/handshake.ts",
];

const isCode = ({ text }: Line) => !/^(\/\/|\/\*|\*|import\b)/.test(text);
const filesWith = (pattern: RegExp) => [
	...new Set(lines.filter((line) => isCode(line) && pattern.test(line.text)).map(({ file }) => file)),
];

test("MACs, tags, cookies and verify_data are compared with equalSecret()", () => {
	const found = filesWith(/\bequalSecret\(/);
	for (const file of secretComparisons) ok(found.includes(file), `${file} does not`);
	for (const file of secretComparisons)
		ok(!filesWith(/\bequalBytes\(/).includes(file), `${file} has equalBytes(), too`);
});

test("equalBytes(), which stops at the first difference, compares what is public", () => {
	const unknown = filesWith(/\bequalBytes\(/).filter((file) => !publicComparisons.has(file));
	deepEqual(unknown, [], "is what they compare public? Then say so here");
});

test("nothing that is named like a secret is compared byte by byte, as text, or by every()", () => {
	const secret = "(mac|tag|digest|verifyData|expected|cookie|master|premaster|secret|keyBlock|psk|hash|sum)\\w*";
	const bytewise = new RegExp(`\\b#?${secret}(\\[[^\\]]*\\])!?\\s*[!=]== (?!undefined)`, "i");
	const asText = new RegExp(`toHex\\(#?${secret}[^)]*\\)\\s*[!=]==`, "i");
	const every = new RegExp(`\\b#?${secret}\\.(every|some|findIndex|indexOf)\\(`, "i");
	const found = lines.filter((line) => isCode(line) && [bytewise, asText, every].some((one) => one.test(line.text)));
	deepEqual(found, []);
	// The patterns find what they are for.
	ok(bytewise.test("if (this.#tag[index] !== bytes[at]) return"));
	ok(asText.test("return toHex(expected) === toHex(data)"));
	ok(every.test("return mac.every((byte, at) => byte === other[at])"));
});

/** Bytes that count who looks at them. */
function counting(bytes: Uint8Array): { readonly bytes: Uint8Array; readonly reads: number[] } {
	const reads: number[] = [];
	const proxy = new Proxy(bytes, {
		get(target, name) {
			if (typeof name === "string" && /^\d+$/.test(name)) {
				reads.push(Number(name));
				return target[Number(name)];
			}
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { bytes: proxy, reads };
}

test("equalSecret() looks at each byte once, in order, wherever the first difference is", () => {
	const secret = Uint8Array.from(noise(16));
	const all = Array.from({ length: 16 }, (_, at) => at);
	for (let different = -1; different < 16; different++) {
		for (const by of [1, 128, 255]) {
			const other = secret.map((byte, at) => (at === different ? byte ^ by : byte));
			const [left, right] = [counting(secret), counting(other)];
			equal(equalSecret(left.bytes, 0, right.bytes, 0, 16), different < 0);
			deepEqual(left.reads, all);
			deepEqual(right.reads, all);
		}
	}
});

test("a cookie is looked at as often wherever it is wrong (RFC 6347 §4.2.1)", () => {
	const { server, release } = psk.settings();
	const jar = new CookieJar(server.crypto, server.entropy);
	const datagram = psk.calm[2]!.bytes;
	const hello = readClientHello(datagram, 25, datagram.length);
	ok(!("code" in hello));
	const address = Uint8Array.of(1, 2, 3);
	const good = jar.make(address, hello, 0);
	const counts = new Set<string>();
	for (let different = -1; different < good.length; different++) {
		const cookie = counting(good.map((byte, at) => (at === different ? byte ^ 1 : byte)));
		equal(jar.check(address, { ...hello, cookie: cookie.bytes }, 0), different < 0);
		counts.add(cookie.reads.join());
	}
	equal(counts.size, 1, "the reads differ");
	jar.release();
	server.cookies?.release();
	equal(release(), 0);
});

test("a record that does not verify costs the same steps wherever its tag is wrong (RFC 6655 §3)", () => {
	const { crypto } = psk;
	const { open } = crypto;
	const world = psk.world().run();
	const calls: number[] = [];
	Object.assign(crypto, {
		open(...[aead, key, nonce, aad, bytes, at, end, into, intoAt]: Parameters<typeof open>) {
			calls.push(end - at);
			return open.call(crypto, aead, key, nonce, aad, bytes, at, end, into, intoAt);
		},
	});
	const held: Uint8Array[] = [];
	world.meddle = ({ bytes }) => {
		held.push(bytes);
		return [];
	};
	ok(world.client.send(Uint8Array.from(noise(20)), 0, 20, world.nowMs));
	world.settle();
	const [genuine] = held;
	for (let at = 13; at < genuine!.length; at++) {
		const bent = genuine!.map((byte, index) => (index === at ? byte ^ 1 : byte));
		world.inject("server", bent);
	}
	Object.assign(crypto, { open });
	equal(calls.length, genuine!.length - 13, "one call of the port each");
	equal(new Set(calls).size, 1);
	equal(world.serverEar.heard.length, 0);
	world.end();
});

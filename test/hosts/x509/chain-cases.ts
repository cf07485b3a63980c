/** Chains and what becomes of them, by the names of generate.ts. `key` is whose key comes back, or `fault` why none. */
export interface ChainCase {
	readonly name: string;
	readonly role?: "client";
	readonly usage?: number;
	readonly matchingType?: number;
	/** 0/x/4: a certificate, "spki" (the device's key), "hash:…" of `hashes`; absent: "root". */
	readonly pin?: string;
	readonly anchors?: readonly string[];
	readonly withoutClock?: string;
	readonly chain: readonly string[];
	/** "": none is given; absent: lwm2m.example.com */
	readonly host?: string;
	/** null: the clock is not set; absent: a moment in 2027. */
	readonly nowS?: number | null;
	readonly key?: string;
	readonly fault?: string;
}

const in2027 = 1_810_000_000;
const trustRoot = { usage: 2, pin: "root" };
const store = ["other-root", "root"];
const full = ["server", "middle"];

/** The path to an anchor, seen through certificate usage 2. */
const paths: readonly ChainCase[] = [
	{ name: "leaf, intermediate, anchor", ...trustRoot, chain: full, key: "device" },
	{ name: "the anchor sent along", ...trustRoot, chain: [...full, "root"], key: "device" },
	{ name: "any order behind the first", ...trustRoot, chain: ["server", "root", "middle"], key: "device" },
	{ name: "a certificate that leads nowhere", ...trustRoot, chain: ["server", "other-root", "middle"], key: "device" },
	{ name: "signed by the anchor", ...trustRoot, chain: ["server-direct"], key: "device" },
	{ name: "OpenSSL's", usage: 2, pin: "openssl-root", chain: ["openssl-server"], key: "device" },
	{ name: "no intermediate", ...trustRoot, chain: ["server"], fault: "trust.unknownIssuer" },
	{ name: "another anchor", usage: 2, pin: "other-root", chain: full, fault: "trust.unknownIssuer" },
	{ name: "an anchor of the same name", usage: 2, pin: "impostor-root", chain: full, fault: "trust.signature" },
	{
		name: "the other way of a cross-signed one",
		usage: 2,
		pin: "other-root",
		chain: ["server", "middle", "middle-cross"],
		key: "device",
	},
	{ name: "no certificate", ...trustRoot, chain: [], fault: "trust.chainLength" },
	{ name: "five", ...trustRoot, chain: [...full, "root", "root", "root"], fault: "trust.chainLength" },
	{ name: "intermediate says it is no CA", ...trustRoot, chain: ["server", "middle-not-ca"], fault: "trust.notCa" },
	{
		name: "intermediate does not say it is one",
		...trustRoot,
		chain: ["server", "middle-no-constraints"],
		fault: "trust.notCa",
	},
	{ name: "intermediate may not sign", ...trustRoot, chain: ["server", "middle-no-sign"], fault: "trust.notCa" },
	{ name: "intermediate for clients only", ...trustRoot, chain: ["server", "middle-client"], fault: "trust.purpose" },
	{
		name: "unknown critical extension above",
		...trustRoot,
		chain: ["server", "middle-critical"],
		fault: "trust.critical",
	},
	{
		name: "name constraints above",
		...trustRoot,
		chain: ["server", "middle-constrained"],
		fault: "trust.nameConstraints",
	},
	{
		name: "name constraints at the anchor",
		usage: 2,
		pin: "root-constrained",
		chain: ["server-direct"],
		fault: "trust.nameConstraints",
	},
	{ name: "intermediate of version 1", ...trustRoot, chain: ["server", "middle-v1"], fault: "trust.version" },
	{
		name: "intermediate signed by nobody of ours",
		...trustRoot,
		chain: ["server", "middle-stranger"],
		fault: "trust.signature",
	},
	{
		name: "pathLenConstraint 0 and one more CA",
		...trustRoot,
		chain: ["server-low", "low", "middle"],
		fault: "trust.pathLength",
	},
	{
		name: "a self-issued one does not count",
		...trustRoot,
		chain: ["server-low-self", "low-self-issued", "middle"],
		key: "device",
	},
	{ name: "pathLenConstraint of the anchor", usage: 2, pin: "root-pathlen0", chain: full, fault: "trust.pathLength" },
	{ name: "anchor of version 1", usage: 2, pin: "root-v1", chain: ["server-direct"], fault: "trust.version" },
	{ name: "unknown critical extension", ...trustRoot, chain: ["server-critical", "middle"], fault: "trust.critical" },
	{ name: "unknown extension", ...trustRoot, chain: ["server-noncritical", "middle"], key: "device" },
	{ name: "ecdsa-with-SHA384", ...trustRoot, chain: ["server-sha384", "middle"], fault: "trust.algorithm" },
	{ name: "client's certificate", ...trustRoot, chain: ["client", "middle"], fault: "trust.purpose" },
	{ name: "keyAgreement only", ...trustRoot, chain: ["server-agreement", "middle"], fault: "trust.purpose" },
	{
		name: "empty subject, names not critical",
		...trustRoot,
		chain: ["server-empty", "middle"],
		fault: "trust.emptySubject",
	},
	{
		name: "eight anchors of the same name, and one more to try",
		usage: 1,
		pin: "server-direct",
		anchors: new Array(8).fill("impostor-root"),
		chain: ["server-direct", "root"],
		fault: "trust.work",
	},
	{
		name: "nine anchors",
		usage: 1,
		pin: "server-direct",
		anchors: new Array(9).fill("root"),
		chain: ["server-direct"],
		fault: "trust.anchor",
	},
	{
		name: "a root of nobody's, sent along",
		usage: 2,
		pin: "other-root",
		chain: [...full, "root"],
		fault: "trust.unknownIssuer",
	},
];

const validity: readonly ChainCase[] = [
	{ name: "expired", ...trustRoot, chain: ["server-expired", "middle"], fault: "trust.expired" },
	{ name: "its last second", ...trustRoot, chain: ["server-expired", "middle"], nowS: 1_609_459_200, key: "device" },
	{
		name: "its last second and one",
		...trustRoot,
		chain: ["server-expired", "middle"],
		nowS: 1_609_459_201,
		fault: "trust.expired",
	},
	{ name: "its first second", ...trustRoot, chain: full, nowS: 1_577_836_800, key: "device" },
	{ name: "the second before", ...trustRoot, chain: full, nowS: 1_577_836_799, fault: "trust.notYetValid" },
	{ name: "not yet valid", ...trustRoot, chain: ["server-future", "middle"], fault: "trust.notYetValid" },
	{ name: "anchor expired", usage: 2, pin: "root-expired", chain: full, fault: "trust.expired" },
	{ name: "no clock", ...trustRoot, chain: full, nowS: null, fault: "trust.clockNotSet" },
	{
		name: "no clock, accept",
		...trustRoot,
		withoutClock: "accept",
		chain: ["server-expired", "middle"],
		nowS: null,
		key: "device",
	},
	{ name: "no clock, usage 1", usage: 1, pin: "server", anchors: store, chain: full, nowS: null, key: "device" },
	{
		name: "no clock, usage 1, refuse",
		usage: 1,
		pin: "server",
		anchors: store,
		withoutClock: "refuse",
		chain: full,
		nowS: null,
		fault: "trust.clockNotSet",
	},
	{ name: "no clock, usage 0", usage: 0, anchors: store, chain: full, nowS: null, fault: "trust.clockNotSet" },
	{ name: "no clock, usage 3, refuse", pin: "server", withoutClock: "refuse", chain: full, nowS: null, key: "device" },
];

const usages: readonly ChainCase[] = [
	{ name: "3 is the default", pin: "server", chain: full, key: "device" },
	{
		name: "3 looks at no name, path or date",
		usage: 3,
		pin: "server-expired",
		chain: ["server-expired"],
		host: "",
		key: "device",
	},
	{ name: "3, self-signed, version 1", usage: 3, pin: "self-signed", chain: ["self-signed"], key: "device" },
	{
		name: "3, unknown critical extension",
		usage: 3,
		pin: "server-critical",
		chain: ["server-critical"],
		key: "device",
	},
	{
		name: "3, another certificate of the same key",
		usage: 3,
		pin: "server",
		chain: ["server-direct"],
		fault: "trust.otherCertificate",
	},
	{ name: "3, by key", usage: 3, pin: "spki", chain: ["server-direct"], key: "device" },
	{ name: "3, by key, of another", usage: 3, pin: "spki", chain: ["middle"], fault: "trust.otherCertificate" },
	{ name: "3, by hash", usage: 3, matchingType: 1, pin: "hash:server", chain: ["server"], key: "device" },
	{
		name: "3, by hash of the key",
		usage: 3,
		matchingType: 1,
		pin: "hash:deviceKey",
		chain: ["server-direct"],
		key: "device",
	},
	{
		name: "3, by hash, of another",
		usage: 3,
		matchingType: 1,
		pin: "hash:server",
		chain: ["server-direct"],
		fault: "trust.otherCertificate",
	},
	{
		name: "3 does not look for it up the chain",
		usage: 3,
		pin: "middle",
		chain: full,
		fault: "trust.otherCertificate",
	},
	{
		name: "2, the server's own certificate",
		usage: 2,
		pin: "self-signed-v3",
		chain: ["self-signed-v3"],
		key: "device",
	},
	{
		name: "2, the server's own certificate, another name",
		usage: 2,
		pin: "self-signed-v3",
		chain: ["self-signed-v3"],
		host: "example.org",
		fault: "trust.name",
	},
	{
		name: "2, a leaf signs nothing",
		usage: 2,
		pin: "self-signed-v3",
		chain: ["by-leaf", "self-signed-v3"],
		fault: "trust.notCa",
	},
	{
		name: "2, by hash, anchor sent",
		usage: 2,
		matchingType: 1,
		pin: "hash:root",
		chain: [...full, "root"],
		key: "device",
	},
	{
		name: "2, by hash, anchor not sent",
		usage: 2,
		matchingType: 1,
		pin: "hash:root",
		chain: full,
		fault: "trust.unknownIssuer",
	},
	{ name: "2, an intermediate as the anchor", usage: 2, pin: "middle", chain: full, key: "device" },
	{ name: "0, the anchor", usage: 0, pin: "root", anchors: store, chain: full, key: "device" },
	{ name: "0, the intermediate", usage: 0, pin: "middle", anchors: store, chain: full, key: "device" },
	{ name: "0, the intermediate not sent", usage: 0, pin: "middle", anchors: store, chain: ["server"], key: "device" },
	{ name: "0, by hash", usage: 0, matchingType: 1, pin: "hash:root", anchors: store, chain: full, key: "device" },
	{ name: "0, another CA", usage: 0, pin: "other-root", anchors: store, chain: full, fault: "trust.caConstraint" },
	{ name: "0, the leaf is no CA", usage: 0, pin: "server", anchors: store, chain: full, fault: "trust.caConstraint" },
	{
		name: "0, no path to the device's anchors",
		usage: 0,
		pin: "middle",
		anchors: ["openssl-root"],
		chain: full,
		fault: "trust.unknownIssuer",
	},
	{ name: "1", usage: 1, pin: "server", anchors: store, chain: full, host: "elsewhere.example.org", key: "device" },
	{ name: "1, no path", usage: 1, pin: "server", anchors: ["other-root"], chain: full, fault: "trust.unknownIssuer" },
	{
		name: "1, expired",
		usage: 1,
		pin: "server-expired",
		anchors: store,
		chain: ["server-expired", "middle"],
		fault: "trust.expired",
	},
	{
		name: "1, another leaf",
		usage: 1,
		pin: "server",
		anchors: store,
		chain: ["server-direct"],
		fault: "trust.otherCertificate",
	},
	{
		name: "1, self-signed in the device's anchors",
		usage: 1,
		pin: "self-signed-v3",
		anchors: ["self-signed-v3"],
		chain: ["self-signed-v3"],
		key: "device",
	},
	{ name: "settings: usage 4", usage: 4, chain: full, fault: "trust.usage" },
	{ name: "settings: SHA-384", matchingType: 2, pin: "server", chain: full, fault: "trust.matchingType" },
	{ name: "settings: SHA-512", matchingType: 3, pin: "server", chain: full, fault: "trust.matchingType" },
	{
		name: "settings: a hash that is none",
		matchingType: 1,
		pin: "server",
		chain: full,
		fault: "trust.serverPublicKey",
	},
	{ name: "settings: neither certificate nor key", pin: "hash:server", chain: full, fault: "trust.serverPublicKey" },
	{ name: "settings: 0 without anchors", usage: 0, chain: full, fault: "trust.noAnchors" },
	{ name: "settings: 1 without anchors", usage: 1, pin: "server", chain: full, fault: "trust.noAnchors" },
];

const named = (name: string, chain: string, host: string, isSame: boolean): ChainCase => ({
	name: `name: ${name}`,
	...trustRoot,
	chain: [chain, "middle"],
	host,
	...(isSame ? { key: "device" } : { fault: host === "" ? "trust.noServerName" : "trust.name" }),
});

const names: readonly ChainCase[] = [
	named("case does not count", "server", "LwM2M.Example.COM", true),
	named("dot at the end", "server", "lwm2m.example.com.", true),
	named("not given", "server", "", false),
	named("another", "server", "lwm2m.example.org", false),
	named("part of it", "server", "example.com", false),
	named("more than it", "server", "a.lwm2m.example.com", false),
	named("IPv4", "server", "192.0.2.7", true),
	named("another IPv4", "server", "192.0.2.8", false),
	named("IPv6", "server-ip6", "2001:db8::1", true),
	named("IPv6, written long", "server-ip6", "2001:0DB8:0:0:0:0:0.0.0.1", true),
	named("another IPv6", "server-ip6", "2001:db8::2", false),
	named("wildcard", "server-wildcard", "lwm2m.example.com", true),
	named("wildcard for two labels", "server-wildcard", "a.b.example.com", false),
	named("wildcard for none", "server-wildcard", "example.com", false),
	named("wildcard of a top level", "server-wildcard", "dormouse.com", false),
	named("wildcard alone", "server-wildcard", "localhost", false),
	named("Common Name without subjectAltName", "server-cn", "lwm2m.example.com", true),
	named("Common Name next to subjectAltName", "server-ip6", "lwm2m.example.com", false),
	named("address as Common Name", "server-cn-ip", "192.0.2.7", false),
	named("address that spells a Common Name", "server-cn-abcd", "97.98.99.100", false),
	named("not a name", "server-wildcard", "*.example.com", false),
];

const clients: readonly ChainCase[] = [
	{ name: "client", role: "client", anchors: store, chain: ["client", "middle"], key: "device" },
	{ name: "client, OpenSSL's", role: "client", anchors: ["openssl-root"], chain: ["openssl-client"], key: "device" },
	{ name: "client with a server's certificate", role: "client", anchors: store, chain: full, fault: "trust.purpose" },
	{
		name: "client of another CA",
		role: "client",
		anchors: ["other-root"],
		chain: ["client", "middle"],
		fault: "trust.unknownIssuer",
	},
	{
		name: "client, no clock",
		role: "client",
		anchors: store,
		chain: ["client", "middle"],
		nowS: null,
		fault: "trust.clockNotSet",
	},
	{ name: "client, no anchors", role: "client", chain: ["client", "middle"], fault: "trust.unknownIssuer" },
];

export const chainCases = [...paths, ...validity, ...usages, ...names, ...clients].map((row) => ({
	...row,
	nowS: row.nowS === undefined ? in2027 : row.nowS,
}));

import { randomFillSync } from "node:crypto";
import { NodeCrypto } from "../../../hosts/simulator/board/accelerator.ts";
import type { Fault } from "../../../modules/bytes.ts";
import {
	clientTrust,
	type PeerVerifier,
	serverTrust,
	usageDomainIssued,
	usageTrustAnchor,
} from "../../../modules/crypto/trust.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { SessionCache } from "../../../modules/dtls/session-cache.ts";
import type { DtlsSettings, Identity } from "../../../modules/dtls/settings.ts";
import { TicketJar } from "../../../modules/dtls/ticket.ts";
import { credentials, identity, type Party, psk, serverName } from "./credentials.ts";
import type { PeerOptions, SuiteName } from "./foreign-peer.ts";

export const suiteIds: Readonly<Record<SuiteName, number>> = {
	PSK_CCM8: 0xc0a8,
	PSK_GCM: 0x00a8,
	PSK_CBC: 0x00ae,
	ECDHE_CCM8: 0xc0ae,
	ECDHE_GCM: 0xc02b,
	ECDHE_CBC: 0xc023,
};

/** What our side is told beyond what every peer is. */
export interface OurOptions extends PeerOptions {
	/** Instead of, or beside, what follows from the rest. */
	readonly more?: Partial<DtlsSettings>;
}

export const ourCrypto = new NodeCrypto();
export const ourEntropy = { fill: (bytes: Uint8Array) => void randomFillSync(bytes) };
const wallTimeS = () => Math.floor(Date.now() / 1000);

function certain<T extends object>(made: T | Fault): T {
	if ("code" in made) throw new Error(`the tests' own trust is not taken: ${(made as Fault).code}`);
	return made;
}

/** Whom our client believes: the one raw key of the server, or what the authority has signed. */
function clientsTrust(auth: PeerOptions["auth"]): PeerVerifier {
	const { authority, server } = credentials();
	const isRaw = auth === "rpk";
	const usage = isRaw ? usageDomainIssued : usageTrustAnchor;
	return certain(serverTrust({ crypto: ourCrypto, serverPublicKey: isRaw ? server.spki : authority, usage }));
}

function serversTrust(): PeerVerifier {
	const { authority, client } = credentials();
	const knowsRawKey = (spki: Uint8Array) => Buffer.compare(spki, client.spki) === 0;
	return certain(clientTrust({ crypto: ourCrypto, anchors: [authority], knowsRawKey }));
}

function identityOf(auth: PeerOptions["auth"], { scalar, spki, chain }: Party): Identity {
	const privateKey = ourCrypto.p256.importPrivateKey(scalar)!;
	return auth === "rpk" ? { privateKey, rawPublicKey: spki } : { privateKey, chain };
}

const bytesOf = (cid: string) => (cid === "empty" ? new Uint8Array(0) : Uint8Array.from(Buffer.from(cid, "hex")));

function shared(options: OurOptions): DtlsSettings {
	const { suite, cid, mtu } = options;
	return {
		crypto: ourCrypto,
		entropy: ourEntropy,
		suites: [suiteIds[suite]],
		wallTimeS,
		...(cid === undefined ? {} : { connectionId: bytesOf(cid) }),
		...(mtu === undefined ? {} : { datagramBytes: mtu }),
	};
}

/** What our client is made with. */
export function clientSettings(options: OurOptions): DtlsSettings {
	const { auth, party, fragmentBytes, tickets } = options;
	const settings: DtlsSettings = {
		...shared(options),
		resumption: tickets === true ? "ticket" : "id",
		...(fragmentBytes === undefined ? {} : { maxFragmentLength: fragmentBytes }),
	};
	if (auth === "psk") {
		const key = ourCrypto.importSecret(options.psk ?? psk);
		const name = new TextEncoder().encode(options.identity ?? identity);
		return { ...settings, psk: { identity: name, key }, ...options.more };
	}
	const name = "name" in options ? options.name : serverName;
	const own = party === undefined ? credentials().client : party;
	return {
		...settings,
		trust: clientsTrust(auth),
		...(own === null ? {} : { identity: identityOf(auth, own) }),
		...(name === undefined || auth === "rpk" ? {} : { serverName: name }),
		...options.more,
	};
}

/** What our server is made with; its cookies, sessions and tickets live as long as the settings. */
export function serverSettings(options: OurOptions): DtlsSettings {
	const { auth, party, tickets } = options;
	const settings: DtlsSettings = {
		...shared(options),
		cookies: new CookieJar(ourCrypto, ourEntropy),
		sessions: new SessionCache(),
		...(tickets === true ? { tickets: new TicketJar(ourCrypto, ourEntropy) } : {}),
	};
	if (auth === "psk") {
		const key = ourCrypto.importSecret(options.psk ?? psk);
		const name = options.identity ?? identity;
		const pskOf = (asked: Uint8Array) => (new TextDecoder().decode(asked) === name ? key : undefined);
		return { ...settings, pskOf, ...options.more };
	}
	const own = party === undefined || party === null ? credentials().server : party;
	const asks = options.verifies !== false;
	return {
		...settings,
		identity: identityOf(auth, own),
		trust: serversTrust(),
		requestPeerCertificate: asks,
		requirePeerCertificate: asks,
		...options.more,
	};
}

import { fromHex, toHex, utf8 } from "../../../modules/bytes.ts";
import { clientTrust } from "../../../modules/crypto/trust.ts";
import { Association } from "../../../modules/dtls/association.ts";
import { CookieJar } from "../../../modules/dtls/cookie.ts";
import { SessionCache } from "../../../modules/dtls/session-cache.ts";
import type { DtlsSettings } from "../../../modules/dtls/settings.ts";
import { TicketJar } from "../../../modules/dtls/ticket.ts";
import { NodeCrypto } from "../board/accelerator.ts";
import { Chance } from "../chance.ts";
import type { ClientScenario } from "./bench-dtls-client.ts";
import { measuredIdentities } from "./bench-dtls-identities.ts";

export type Proof = "psk" | "rpk" | "x509";

/** One way for a client and a server to meet. */
export interface Scenario {
	readonly proof: Proof;
	readonly suite: number;
	/** Of the Connection IDs that the two ask for; absent: the extension is off. */
	readonly serverCidBytes?: number;
	readonly clientCidBytes?: number;
	readonly resumption?: "id" | "ticket";
	/** Of the client. */
	readonly isExportable?: boolean;
}

/** As the peers' figures in the README were taken with. */
const identity = "dev1";
const pskBytes = 16;
const seed = 1;

/** The server of the measurements, on Node, with a cookie of 16 bytes; and what a client has to know to meet it. */
export class MeasuredServer {
	readonly client: ClientScenario;
	readonly crypto: NodeCrypto;
	readonly entropy = new Chance(seed);
	readonly #settings: DtlsSettings;
	#association: Association | undefined;

	constructor(scenario: Scenario) {
		const { entropy } = this;
		const fillEntropy = (bytes: Uint8Array) => entropy.fill(bytes);
		this.crypto = new NodeCrypto({ fillEntropy });
		const { crypto } = this;
		const { proof, resumption, suite, serverCidBytes, clientCidBytes, isExportable = false } = scenario;
		const common = {
			suite,
			isExportable,
			...(clientCidBytes === undefined ? {} : { connectionIdBytes: clientCidBytes }),
			...(resumption === undefined ? {} : { resumption }),
		};
		const base = {
			crypto,
			entropy,
			suites: [suite],
			cookies: new CookieJar(crypto, entropy),
			peerAddress: utf8("192.0.2.1:5684"),
			...(serverCidBytes === undefined ? {} : { connectionId: new Uint8Array(serverCidBytes).fill(0x5c) }),
			...(resumption === "id" ? { sessions: new SessionCache() } : {}),
			...(resumption === "ticket" ? { tickets: new TicketJar(crypto, entropy) } : {}),
		};
		if (proof === "psk") {
			const psk = new Uint8Array(pskBytes);
			entropy.fill(psk);
			const key = crypto.importSecret(psk);
			this.client = { ...common, identity: toHex(utf8(identity)), psk: toHex(psk) };
			this.#settings = { ...base, pskOf: () => key };
			return;
		}
		const { server: own, client: clients } = measuredIdentities;
		const isRaw = proof === "rpk";
		const anchors = [fromHex(clients.certificate)!];
		const trust = clientTrust({ crypto, anchors, knowsRawKey: () => true, withoutClock: "accept" });
		if ("code" in trust) throw new Error(trust.code);
		const privateKey = crypto.p256.importPrivateKey(fromHex(own.privateKey)!)!;
		const shown = isRaw ? { rawPublicKey: clients.publicKey } : { certificate: clients.certificate };
		const serverKey = isRaw ? own.publicKey : own.certificate;
		this.client = { ...common, privateKey: clients.privateKey, ...shown, serverKey };
		this.#settings = {
			...base,
			identity: {
				privateKey,
				...(isRaw ? { rawPublicKey: fromHex(own.publicKey)! } : { chain: [fromHex(own.certificate)!] }),
			},
			trust,
			requestPeerCertificate: true,
			requirePeerCertificate: true,
		};
	}

	/** Makes ready for the next client. */
	expect(): void {
		const listener = { established: () => undefined, received: () => undefined, closed: () => undefined };
		this.#association = new Association("server", this.#settings, listener);
	}

	get isEstablished(): boolean {
		return this.#association?.state === "established";
	}

	/** Takes a datagram. @returns what it says to that */
	hear(bytes: Uint8Array): Uint8Array[] {
		this.#association?.receive(bytes, 0, bytes.length, 0);
		return this.#waiting();
	}

	/** @returns one record of application data */
	say(size: number): Uint8Array {
		this.#association?.send(new Uint8Array(size), 0, size, 0);
		return this.#waiting()[0]!;
	}

	#waiting(): Uint8Array[] {
		const waiting: Uint8Array[] = [];
		for (let bytes = this.#association?.takeDatagram(); bytes !== undefined; bytes = this.#association?.takeDatagram())
			waiting.push(bytes);
		return waiting;
	}
}

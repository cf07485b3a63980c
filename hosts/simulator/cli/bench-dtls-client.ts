import { fromHex } from "../../../modules/bytes.ts";
import { serverTrust } from "../../../modules/crypto/trust.ts";
import { ClientAssociation } from "../../../modules/dtls/client-association.ts";
import type { ResumableSession } from "../../../modules/dtls/session.ts";
import type { AssociationListener, DtlsSettings, Established } from "../../../modules/dtls/settings.ts";
import type { Crypto, Entropy } from "../../../modules/host.ts";

/** Who the client is, and how it goes about it. Travels to a machine as JSON: bytes are hexadecimal. */
export interface ClientScenario {
	readonly suite: number;
	/** Of the Connection ID that it wants on records to it; 0: none there, but it puts the server's on its own. */
	readonly connectionIdBytes?: number;
	readonly resumption?: "id" | "ticket";
	/** Whether it keeps what a state is made of. */
	readonly isExportable?: boolean;
	readonly identity?: string;
	readonly psk?: string;
	/** 32 bytes. */
	readonly privateKey?: string;
	/** A SubjectPublicKeyInfo, or a certificate, or neither. */
	readonly rawPublicKey?: string;
	readonly certificate?: string;
	/** What the server shows, and what it is compared with. */
	readonly serverKey?: string;
}

/** One client of which the bench takes the measure. The same on Node and inside of a machine: device code. */
export class MeasuredClient implements AssociationListener {
	/** Records of application data that came. */
	receivedCount = 0;
	private readonly settings: DtlsSettings;
	private association: ClientAssociation | undefined;
	private session: ResumableSession | undefined;
	private readonly plain: Uint8Array;

	/** @param plainBytes what send() sends at most */
	constructor(crypto: Crypto, entropy: Entropy, scenario: ClientScenario, plainBytes = 1024) {
		this.settings = settingsOf(crypto, entropy, scenario);
		this.plain = new Uint8Array(plainBytes);
	}

	get state(): string {
		return this.association?.state ?? "none";
	}

	/** Makes the association, and no more. @param resumes the session that came of the last one */
	prepare(resumes: boolean): void {
		const { session, settings } = this;
		const isResumed = resumes && session !== undefined;
		this.association = new ClientAssociation(isResumed ? { ...settings, resume: session } : settings, this);
	}

	connect(): void {
		this.association?.connect(0);
	}

	receive(bytes: Uint8Array, at: number, end: number): void {
		this.association?.receive(bytes, at, end, 0);
	}

	send(size: number): boolean {
		return this.association?.send(this.plain, 0, size, 0) ?? false;
	}

	takeDatagram(): Uint8Array | undefined {
		return this.association?.takeDatagram();
	}

	close(): void {
		this.association?.close(0);
	}

	exportedBytes(): number {
		return this.association?.exportState()?.length ?? 0;
	}

	established({ session }: Established): void {
		this.session = session;
	}

	received(): void {
		this.receivedCount += 1;
	}

	closed(): void {}
}

function settingsOf(crypto: Crypto, entropy: Entropy, scenario: ClientScenario): DtlsSettings {
	const { certificate, connectionIdBytes, identity, privateKey, psk, rawPublicKey, resumption, serverKey } = scenario;
	const base = {
		crypto,
		entropy,
		suites: [scenario.suite],
		isExportable: scenario.isExportable === true,
		...(connectionIdBytes === undefined ? {} : { connectionId: new Uint8Array(connectionIdBytes).fill(0xc1) }),
		...(resumption === undefined ? {} : { resumption }),
	};
	if (psk !== undefined) {
		return { ...base, psk: { identity: bytesOf(identity), key: crypto.importSecret(bytesOf(psk)) } };
	}
	const trust = serverTrust({ crypto, serverPublicKey: bytesOf(serverKey) });
	const key = crypto.p256?.importPrivateKey(bytesOf(privateKey));
	if ("code" in trust || key === undefined) throw new TypeError("the scenario has no keys");
	return {
		...base,
		trust,
		wallTimeS: () => undefined,
		identity: {
			privateKey: key,
			...(rawPublicKey === undefined ? {} : { rawPublicKey: bytesOf(rawPublicKey) }),
			...(certificate === undefined ? {} : { chain: [bytesOf(certificate)] }),
		},
	};
}

function bytesOf(hex: string | undefined): Uint8Array {
	return fromHex(hex ?? "") ?? new Uint8Array(0);
}

/** Sessions of dtls-nonce-board.ts over real associations: a handshake with a server, then states. */
import { Association } from "../../modules/dtls/association.ts";
import type { AssociationListener, DtlsSettings } from "../../modules/dtls/settings.ts";
import { TappedCrypto } from "./dtls-nonce.ts";
import { type Life, Peer, peerCid, type Session, type Sessions, suites } from "./dtls-nonce-board.ts";

const nowMs = 1000;
const plain = Uint8Array.of(1, 2, 3);
const identity = Uint8Array.of(0x64, 0x31);
const psk = new Uint8Array(16).fill(0x2a);

function settingsOf(life: Life, crypto: TappedCrypto): DtlsSettings {
	const { below } = life.board.fate;
	const key = crypto.importSecret(psk);
	return {
		crypto,
		entropy: { fill: (bytes) => bytes.set(bytes.map(() => below(256))) },
		suites: below(2) === 0 ? suites : suites.toReversed(),
		psk: { identity, key },
		pskOf: () => key,
	};
}

const deaf: AssociationListener = { established() {}, received() {}, closed() {} };

/** Carries datagrams both ways until there are no more. */
function settle(client: Association, server: Association): void {
	for (;;) {
		const up = client.takeDatagram();
		const down = server.takeDatagram();
		if (up !== undefined) server.receive(up, 0, up.length, nowMs);
		if (down !== undefined) client.receive(down, 0, down.length, nowMs);
		if (up === undefined && down === undefined) return;
	}
}

export const associations: Sessions = {
	fresh(life) {
		const crypto = new TappedCrypto(life.board.findings);
		const server = new Association("server", { ...settingsOf(life, crypto), connectionId: peerCid }, deaf);
		const session = new AssociatedSession(life, undefined);
		session.association.connect(nowMs);
		settle(session.association, server);
		const seal = () => {
			if (!server.send(plain, 0, plain.length, nowMs)) throw new Error("the server does not send");
			return server.takeDatagram()!;
		};
		life.meet(session.export(), new Peer(seal));
		return session;
	},
	restore: (life, state) => new AssociatedSession(life, state),
};

class AssociatedSession implements Session {
	readonly association: Association;

	constructor(life: Life, state: Uint8Array | undefined) {
		const listener: AssociationListener = {
			...deaf,
			received: () => life.believe(),
			reserve: (bytes) => life.save(bytes),
		};
		const settings = { ...settingsOf(life, life.crypto), connectionId: new Uint8Array(0) };
		if (state === undefined) this.association = new Association("client", settings, listener);
		else {
			const restored = Association.resumeFrom(state, settings, listener);
			if ("code" in restored) throw new Error(restored.code);
			this.association = restored;
		}
	}

	next(): number {
		return this.association.records.reservation!.next;
	}

	send(): Uint8Array | undefined {
		return this.association.send(plain, 0, plain.length, nowMs) ? this.association.takeDatagram() : undefined;
	}

	receive(datagram: Uint8Array): void {
		this.association.receive(datagram, 0, datagram.length, nowMs);
	}

	export(): Uint8Array {
		return this.association.exportState()!.slice();
	}

	release(): void {
		this.association.records.release();
	}
}

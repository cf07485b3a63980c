import { assert } from "../../../modules/bytes.ts";
import { Association } from "../../../modules/dtls/association.ts";
import { ClientAssociation } from "../../../modules/dtls/client-association.ts";
import type { AssociationListener, CloseReason } from "../../../modules/dtls/settings.ts";
import type { Crypto, Entropy } from "../../../modules/host.ts";
import type { Meter } from "./meter.ts";
import type { Natives } from "./natives.ts";
import { clientSettings, serverSettings } from "./parties.ts";

/** No timer runs out. */
const nowMs = 1000;
const recordBytes = 100;
const records = 2;
/** The receive buffer of a device: one datagram. */
const datagramBytes = 1280;

/** A client's life in DTLS: handshake, a record each way, sleep. The server is there, or was and is heard again. */
export class Conversation implements AssociationListener {
	private readonly board: Natives;
	private readonly crypto: Crypto;
	private readonly entropy: Entropy;
	private readonly auth: "psk" | "rpk";
	private receivedBytes = 0;

	constructor(board: Natives, crypto: Crypto, entropy: Entropy, auth: "psk" | "rpk") {
		this.board = board;
		this.crypto = crypto;
		this.entropy = entropy;
		this.auth = auth;
	}

	established(): void {}

	received(_bytes: Uint8Array, at: number, end: number): void {
		this.receivedBytes += end - at;
	}

	closed(reason: CloseReason): void {
		throw new Error(`the association ended: ${reason.code}, ${reason.alert ?? "no alert"}`);
	}

	/** A device would save it. */
	reserve(): void {}

	/** Plays both sides, and keeps what the server sends. */
	rehearse(): void {
		const { board, crypto, entropy, auth } = this;
		const client = new ClientAssociation(clientSettings(crypto, entropy, auth), this);
		board.useChance(1);
		const server = new Association("server", serverSettings(crypto, entropy, auth), this);
		board.useChance(0);
		client.connect(nowMs);
		for (let turn = 0; turn < 8; turn++) {
			board.useChance(1);
			carry(client, server);
			board.useChance(0);
			this.keepFrom(server, client);
		}
		assert(client.state === "established" && server.state === "established", "bench: no handshake");
		for (let record = 0; record < records; record++) {
			server.send(new Uint8Array(recordBytes), 0, recordBytes, nowMs);
			this.keepFrom(server, client);
		}
		assert(this.receivedBytes === records * recordBytes, "bench: the records");
	}

	/** Plays the client alone, and measures it. */
	replay(meter: Meter): void {
		const { board } = this;
		const datagram = new Uint8Array(datagramBytes);
		const settings = clientSettings(this.crypto, this.entropy, this.auth);
		const before = board.liveBytes();
		meter.begin();
		const client = new ClientAssociation(settings, this);
		client.connect(nowMs);
		discard(client);
		meter.end();
		let index = 0;
		for (; client.state === "handshaking"; index++) {
			const size = board.recall(index, datagram);
			assert(size > 0, "bench: the server said no more");
			meter.begin();
			client.receive(datagram, 0, size, nowMs);
			discard(client);
			meter.end();
		}
		assert(client.state === "established", "bench: no handshake");
		meter.say("handshake");
		const associationBytes = board.liveBytes() - before;
		meter.note({ associationBytes });
		this.exchange(client, index, datagram, meter);
		const state = meter.count("state.export", () => client.exportState());
		assert(state !== undefined, "bench: no state");
		meter.note({ stateBytes: state.length });
		const resumed = new ClientAssociation(settings, this);
		const refused = meter.count("state.restore", () => resumed.resume(state));
		assert(refused === undefined && resumed.state === "established", "bench: no resumption");
	}

	/** The first record each way reserves sequence numbers, for a session that can be stored; the next ones do not. */
	private exchange(client: ClientAssociation, from: number, datagram: Uint8Array, meter: Meter): void {
		const plain = new Uint8Array(recordBytes);
		for (let record = 0; record < records; record++) {
			const ordinal = record === 0 ? ".first" : "";
			meter.count(`record.send${ordinal}`, () => {
				client.send(plain, 0, recordBytes, nowMs);
				return client.takeDatagram();
			});
			const size = this.board.recall(from + record, datagram);
			meter.count(`record.receive${ordinal}`, () => client.receive(datagram, 0, size, nowMs));
		}
		assert(this.receivedBytes === records * recordBytes, "bench: the records");
	}

	private keepFrom(server: Association, client: ClientAssociation): void {
		for (let bytes = server.takeDatagram(); bytes !== undefined; bytes = server.takeDatagram()) {
			this.board.keep(bytes);
			client.receive(bytes, 0, bytes.length, nowMs);
		}
	}
}

/** Takes what there is to send, as a socket would. */
function discard(from: ClientAssociation): void {
	while (from.takeDatagram() !== undefined);
}

function carry(from: ClientAssociation, to: Association): void {
	for (let bytes = from.takeDatagram(); bytes !== undefined; bytes = from.takeDatagram()) {
		to.receive(bytes, 0, bytes.length, nowMs);
	}
}

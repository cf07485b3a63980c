import { ContentType } from "../../../modules/dtls/content-type.ts";
import { FragmentView } from "../../../modules/dtls/fragment.ts";
import { HandshakeType } from "../../../modules/dtls/handshake-type.ts";
import { RecordView, readRecord } from "../../../modules/dtls/record.ts";
import { suites } from "../../../modules/dtls/suite.ts";
import { MeasuredClient } from "./bench-dtls-client.ts";
import { MeasuredServer, type Scenario } from "./bench-dtls-server.ts";

/** One datagram of a handshake; bytes without UDP and IP. */
export interface FlownDatagram {
	readonly from: "client" | "server";
	readonly bytes: number;
	/** What is in it, by record: "ClientKeyExchange", "ChangeCipherSpec", "Finished". */
	readonly holds: readonly string[];
}

export interface HandshakeOnAir {
	readonly name: string;
	readonly bytes: number;
	readonly datagrams: readonly FlownDatagram[];
}

/** What a record of application data adds to its plaintext. */
export interface RecordOverhead {
	readonly suite: string;
	readonly bytes: number;
	/** With a Connection ID of cidBytes. */
	readonly withCid: number;
}

export const cidBytes = 6;
const plainBytes = 10;
const pskCcm8 = 0xc0a8;
const ecdheCcm8 = 0xc0ae;
const cid = { serverCidBytes: cidBytes, clientCidBytes: 0 };

interface Named extends Scenario {
	readonly name: string;
	/** Counted is the second handshake, which takes up the session of the first. */
	readonly resumes?: true;
}

/** All with extended master secret, CCM_8 and an answer to a cookie of 16 bytes. */
const handshakes: readonly Named[] = [
	{ name: "PSK", proof: "psk", suite: pskCcm8 },
	{ name: "PSK, CID", proof: "psk", suite: pskCcm8, ...cid },
	{ name: "PSK, CIDs both ways", proof: "psk", suite: pskCcm8, serverCidBytes: cidBytes, clientCidBytes: cidBytes },
	{ name: "PSK, CID, resumed by id", proof: "psk", suite: pskCcm8, ...cid, resumption: "id", resumes: true },
	{ name: "PSK, CID, resumed by ticket", proof: "psk", suite: pskCcm8, ...cid, resumption: "ticket", resumes: true },
	{ name: "ECDHE, raw keys, CID", proof: "rpk", suite: ecdheCcm8, ...cid },
	{ name: "ECDHE, certificates, CID", proof: "x509", suite: ecdheCcm8, ...cid },
	{
		name: "ECDHE, raw keys, CID, resumed by id",
		proof: "rpk",
		suite: ecdheCcm8,
		...cid,
		resumption: "id",
		resumes: true,
	},
];

/** Every handshake over a link that loses nothing. Deterministic. */
export function handshakesOnAir(): HandshakeOnAir[] {
	return handshakes.map((scenario) => {
		const server = new MeasuredServer(scenario);
		const client = new MeasuredClient(server.crypto, server.entropy, server.client);
		let datagrams = shakeHands(client, server, false);
		if (scenario.resumes) {
			client.close();
			datagrams = shakeHands(client, server, true);
		}
		return { name: scenario.name, bytes: datagrams.reduce((sum, { bytes }) => sum + bytes, 0), datagrams };
	});
}

function shakeHands(client: MeasuredClient, server: MeasuredServer, resumes: boolean): FlownDatagram[] {
	while (client.takeDatagram() !== undefined); // the good-bye of the last session
	const flown: FlownDatagram[] = [];
	const watched = { client: new Watch("client"), server: new Watch("server") };
	server.expect();
	client.prepare(resumes);
	client.connect();
	for (let sent = client.takeDatagram(); sent !== undefined; sent = client.takeDatagram()) {
		flown.push(watched.client.see(sent));
		for (const answer of server.hear(sent)) {
			flown.push(watched.server.see(answer));
			client.receive(answer, 0, answer.length);
		}
	}
	if (client.state !== "established" || !server.isEstablished) throw new Error("the handshake came to nothing");
	return flown;
}

/** Tells what is in the datagrams of one side. */
class Watch {
	readonly #from: FlownDatagram["from"];
	readonly #view = new RecordView();
	readonly #fragment = new FragmentView();

	constructor(from: FlownDatagram["from"]) {
		this.#from = from;
	}

	see(bytes: Uint8Array): FlownDatagram {
		const holds: string[] = [];
		const view = this.#view;
		for (let at = 0; at < bytes.length; at = view.next) {
			// The one kind of Connection ID here is the server's own.
			if (readRecord(bytes, at, bytes.length, cidBytes, view) !== undefined) throw new Error("that is no record");
			holds.push(...this.#contents(bytes));
		}
		return { from: this.#from, bytes: bytes.length, holds };
	}

	#contents(bytes: Uint8Array): string[] {
		const view = this.#view;
		if (view.type === ContentType.changeCipherSpec) return ["ChangeCipherSpec"];
		if (view.epoch > 0) return ["Finished"];
		const names: string[] = [];
		const fragment = this.#fragment;
		for (let at = view.at; at < view.end; at = fragment.end) {
			if (fragment.read(bytes, at, view.end) !== undefined) throw new Error("that is no handshake message");
			names.push(nameOf(fragment.type));
		}
		return names;
	}
}

/** "ClientHello", as RFC 5246 writes it. */
function nameOf(type: number): string {
	const [name = `type ${type}`] = Object.entries(HandshakeType).find(([, number]) => number === type) ?? [];
	return name.charAt(0).toUpperCase() + name.slice(1);
}

/** For 10 bytes of plaintext: CBC pads to whole blocks. */
export function recordOverheads(): RecordOverhead[] {
	const overhead = (scenario: Scenario) => {
		const server = new MeasuredServer(scenario);
		const client = new MeasuredClient(server.crypto, server.entropy, server.client);
		shakeHands(client, server, false);
		client.send(plainBytes);
		return client.takeDatagram()!.length - plainBytes;
	};
	return suites
		.filter(({ keyExchange }) => keyExchange === "psk")
		.map(({ cipher, id }) => ({
			suite: { ccm8: "AES-CCM_8", gcm: "AES-GCM", cbcSha256: "AES-CBC, SHA-256" }[cipher],
			bytes: overhead({ proof: "psk", suite: id }),
			withCid: overhead({ proof: "psk", suite: id, ...cid }),
		}));
}

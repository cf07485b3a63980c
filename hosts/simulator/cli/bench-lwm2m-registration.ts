import { Code } from "../../../modules/coap/code.ts";
import { Peer, type Request, type ResponseOptions } from "../../../modules/coap/peer.ts";
import { Sha256 } from "../../../modules/crypto/sha256.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Address } from "../../../modules/host.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import type { ClientOptions } from "../../../modules/lwm2m/client-options.ts";
import { ObjectInstance } from "../../../modules/lwm2m/instance.ts";
import { ProfileIds } from "../../../modules/lwm2m/profile-id.ts";
import { DEVICE } from "../../../modules/objects/facts/device-3-v1-2.ts";
import { SERVER } from "../../../modules/objects/facts/server-1-v1-2.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { Chance } from "../chance.ts";

/** Bytes of CoAP messages; Anjay's where they are known. */
export interface RegistrationBytes {
	readonly name: string;
	readonly here: number;
	readonly anjay?: number;
}

/** Anjay's demo: a name of 24 characters, a day, 21 links in 175 bytes. Its Register and Update without parameters. */
const endpointName = "urn:dev:os:0023C7-000001";
const anjayRegister = 241;

/** A client with 21 links in 175 bytes, and a server that notes the size of what it hears and says. */
class Registering {
	readonly client: Client;
	readonly sizes: number[] = [];
	readonly #server: Peer;
	readonly #to: Address = { host: "", port: 0 };

	constructor(options: Partial<ClientOptions>, answer: (request: Request) => ResponseOptions) {
		const dice = new Chance(1);
		const entropy = dice.branch("entropy");
		const parts = { endpointName, dice, entropy, formats: formatsSince11, enabler: "1.2" as const, log() {} };
		const client = new Client({ ...parts, ...options });
		client.add(security({ serverUri: "coap://192.0.2.1", shortServerId: 1 }));
		client.add(server({ shortServerId: 1, lifetimeS: 86_400 }, client, SERVER));
		client.add(new ObjectInstance(DEVICE));
		for (let id = 10; id < 19; id++) client.add(new ObjectInstance({ id, version: "1.0", resources: {} }));
		for (let id = 100; id < 110; id++) client.add(new ObjectInstance({ id, version: "1.0", resources: {} }));
		this.client = client;
		this.#server = new Peer({
			dice,
			entropy,
			listener: {
				requested: (request, nowMs) => void this.#server.respond(request, answer(request), nowMs),
				responded() {},
				failed() {},
				observerGone() {},
			},
		});
		client.start(0);
		this.settle();
	}

	settle(): void {
		const { client } = this;
		client.poll(0);
		for (let name = client.takeName(); name !== undefined; name = client.takeName()) client.resolved(name, [name], 0);
		client.poll(0);
		for (let sent = client.takeDatagram(this.#to); sent !== undefined; sent = client.takeDatagram(this.#to)) {
			this.sizes.push(sent.length);
			this.#server.receive(sent.slice(), 0, sent.length, 0);
			this.#server.poll(0);
			for (let reply = this.#server.takeDatagram(); reply !== undefined; reply = this.#server.takeDatagram()) {
				this.sizes.push(reply.length);
				client.receive(this.#to, reply.slice(), 0, reply.length, 0);
			}
			client.poll(0);
		}
	}

	/** An Object more. */
	grow(): void {
		this.client.add(new ObjectInstance({ id: 110, version: "1.0", resources: {} }));
		this.settle();
	}
}

function welcome({ path }: Request): ResponseOptions {
	return path.length === 1 ? { code: Code.created, locationPath: ["rd", "5"] } : { code: Code.changed };
}

function teachMe(request: Request): ResponseOptions {
	const isBare = request.path.length === 1 && request.payload.length === 0;
	return isBare ? { code: Code.conflict } : welcome(request);
}

/** What registering takes on the air, told in each way. */
export function registrationBytes(): readonly RegistrationBytes[] {
	const sha256 = () => new Sha256();
	const plain = new Registering({}, welcome);
	plain.client.update(1);
	plain.settle();
	plain.grow();
	const profiled = new Registering({ profileIds: new ProfileIds({ sha256 }) }, welcome);
	profiled.grow();
	const taught = new Registering({ profileIds: new ProfileIds({ sha256 }) }, teachMe);
	const named = new Registering({ profileIds: new ProfileIds({ known: [{ id: "v:1", list: listOf21 }] }) }, welcome);
	return [
		{ name: "Register, 21 links", here: plain.sizes[0]!, anjay: anjayRegister },
		{ name: "its answer", here: plain.sizes[1]! },
		{ name: "Register, profile ID of 32 bits (1.2)", here: profiled.sizes[0]! },
		{ name: "Register, profile known as v:1 (1.2)", here: named.sizes[0]! },
		{ name: "Register that teaches: profile ID and 21 links", here: taught.sizes[2]! },
		{ name: "Update", here: plain.sizes[2]! },
		{ name: "its answer", here: plain.sizes[3]! },
		{ name: "Update, 22 links", here: plain.sizes[4]! },
		{ name: "Update, another profile ID (1.2)", here: profiled.sizes[2]! },
	];
}

const ids = [1, 3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 100, 101, 102, 103, 104, 105, 106, 107, 108, 109];
const listOf21 = ids.map((id) => `</${id}/0>`).join(",");

/** A device that updates itself, its server and a server of packages, in virtual time; chips outlive its resets. */
import { readUtf8, utf8 } from "../../../modules/bytes.ts";
import { Code, codeText } from "../../../modules/coap/code.ts";
import type { PeerExtension } from "../../../modules/coap/extension.ts";
import {
	Peer,
	type Request,
	type RequestOptions,
	type Response,
	type ResponseOptions,
} from "../../../modules/coap/peer.ts";
import { HOST_LIMITS } from "../../../modules/coap/tuning.ts";
import type { DownloadTuning } from "../../../modules/firmware/download.ts";
import type { GateAnswer, UpdateOffer } from "../../../modules/firmware/installation.ts";
import type { OwnLineOptions } from "../../../modules/firmware/own-line.ts";
import { firmwareKeys } from "../../../modules/firmware/progress.ts";
import { restoreAfterRevert, SlotInstaller } from "../../../modules/firmware/slot-installer.ts";
import { UPDATE } from "../../../modules/firmware/update-table.ts";
import { Updater } from "../../../modules/firmware/updater.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { formatsSince11 } from "../../../modules/formats/payload.ts";
import type { Address, Host, LogRecord, ResetCause } from "../../../modules/host.ts";
import { Client } from "../../../modules/lwm2m/client.ts";
import type { ObjectFacts } from "../../../modules/lwm2m/facts.ts";
import type { Instance } from "../../../modules/lwm2m/instance.ts";
import { Loop } from "../../../modules/lwm2m/loop.ts";
import type { SecureTransport } from "../../../modules/lwm2m/secure.ts";
import { streamedWrites } from "../../../modules/lwm2m/streamed-write.ts";
import { type Driven, Transfers } from "../../../modules/lwm2m/transfers.ts";
import { device } from "../../../modules/objects/device-3.ts";
import { FIRMWARE_UPDATE } from "../../../modules/objects/facts/firmware-update-5-v1-2.ts";
import { firmwareUpdate } from "../../../modules/objects/firmware-update-5.ts";
import { security } from "../../../modules/objects/security-0.ts";
import { server } from "../../../modules/objects/server-1.ts";
import { FlashSettings } from "../../../modules/settings/flash-settings.ts";
import { seeded } from "../../harness.ts";
import { NorFlash } from "../settings/nor-flash.ts";
import { FakeBoard, fakeImage } from "./fake-slots.ts";

export interface SceneOptions {
	readonly facts?: ObjectFacts & { readonly id: 5 };
	readonly gate?: (offer: UpdateOffer) => GateAnswer;
	readonly hasRoom?: () => boolean;
	readonly isProven?: () => boolean;
	readonly line?: OwnLineOptions;
	readonly filesExtension?: () => PeerExtension;
	/** Secures the line to files.example; its port is 5684 then. */
	readonly secure?: SecureTransport;
	readonly download?: DownloadTuning;
	readonly slotSectors?: number;
	readonly slotSectorBytes?: number;
	readonly writeBytes?: number;
	readonly strideBytes?: number;
	/** More Object Instances for each boot, and who is driven. */
	readonly more?: (parts: Parts) => { readonly instances: readonly Instance[]; readonly driven: readonly Driven[] };
}

/** What a boot gives to what stands on it. */
export interface Parts {
	readonly settings: FlashSettings;
	readonly log: Host["log"];
	readonly transfers: Transfers;
}

/** A package that can be fetched. */
export interface Shelf {
	bytes: Uint8Array;
	eTag: Uint8Array | undefined;
}

const serverAt: Address = { host: "192.0.2.1", port: 5683 };
const filesAt: Address = { host: "192.0.2.2", port: 5683 };
const secureFilesAt: Address = { host: "192.0.2.2", port: 5684 };
const names: { readonly [name: string]: readonly string[] } = {
	"server.example": [serverAt.host],
	"files.example": [filesAt.host],
};

/** What a handshake of the tests is, one datagram each way; all others are veiled. */
export const hello = 0xff;

/** A datagram that is no CoAP any more, or is again: its bytes turned over. A first byte of 0xfe marks it. */
export function veiled(bytes: Uint8Array): Uint8Array {
	if (bytes[0] === 0xfe) return bytes.map((byte, index) => (index === 0 ? byte : byte ^ 0x55));
	const out = new Uint8Array(bytes.length + 1);
	out[0] = 0xfe;
	for (let index = 0; index < bytes.length; index++) out[index + 1] = bytes[index]! ^ 0x55;
	return out;
}

/** The package that most tests have. */
export const package2 = (sizeBytes = 4096) => fakeImage({ version: 2, sizeBytes });

export class Scene {
	readonly board: FakeBoard;
	readonly flash = new NorFlash({ sectors: 8, sectorBytes: 4096, writeBytes: 4 });
	readonly records: LogRecord[] = [];
	/** What the server was told of /5/0/3 and /5/0/5, in its order. */
	readonly told: string[] = [];
	readonly shelf = new Map<string, Shelf>();
	/** Offsets of the blocks that were asked for, of either server. */
	readonly asked: number[] = [];
	onAsked: (offset: number) => void = () => {};
	/** Datagrams to the server of packages. */
	requestsForFiles = 0;
	nowMs = 1000;
	restarts = 0;
	wallS: number | undefined = 1_700_000_000;
	isServerCut = false;
	/** Whether the server of packages answers handshakes. */
	isShaking = true;
	isFilesCut = false;
	/** Answers in the place of the shelf's. */
	files: ((request: Request) => ResponseOptions | undefined) | undefined;
	server!: Peer;
	filesPeer!: Peer;
	updater!: Updater;
	transfers!: Transfers;
	client!: Client;
	registrations = 0;
	/** What the first server says to Register. */
	welcomes = true;
	readonly #options: SceneOptions;
	readonly #chance = seeded(11);
	readonly #responses = new Map<number, Response>();
	readonly #observed = new Map<number, string>();
	#waiting: { readonly bytes: Uint8Array; readonly from: Address }[] = [];
	#written: { readonly bytes: Uint8Array; readonly to: Address }[] = [];
	#alarm: { readonly atMs: number; readonly ring: () => void } | undefined;
	#readable: ((count: number) => void) | undefined;
	#resolving: (() => void)[] = [];
	#bootedMs = 0;

	constructor(options: SceneOptions = {}) {
		this.#options = options;
		const { slotSectors = 16, slotSectorBytes = 512, writeBytes = 4 } = options;
		const slotGeometry = { sectors: slotSectors, sectorBytes: slotSectorBytes, writeBytes };
		this.board = new FakeBoard({ slotGeometry, trialMs: 600_000 }).program("a", fakeImage({ version: 1 }));
		this.#newServers();
		this.boot("powerOn");
	}

	/** Starts the device: at the beginning, and after each reset. */
	boot(cause: ResetCause = "restart"): this {
		const { board, flash } = this;
		const slots = board.boot(cause, cause === "powerOn" ? 0 : this.nowMs - this.#bootedMs);
		this.#bootedMs = this.nowMs;
		this.#alarm = this.#readable = undefined;
		this.#waiting = [];
		this.#written = [];
		this.#resolving = [];
		const host = this.#host(cause);
		const { log } = host;
		const settings = new FlashSettings({ flash, log });
		restoreAfterRevert(slots, settings, log);
		this.settings = settings;
		const {
			facts = FIRMWARE_UPDATE,
			line,
			gate,
			hasRoom,
			download,
			strideBytes,
			isProven,
			more,
			secure,
		} = this.#options;
		const transfers: Transfers = new Transfers({
			host,
			...(line === undefined ? {} : { line }),
			...(secure === undefined
				? {}
				: { secure, account: (): Instance | undefined => this.client.registry.instance(0, 0) }),
		});
		const client = new Client({
			endpointName: "ep",
			dice: host.dice,
			entropy: host.entropy,
			formats: formatsSince11,
			enabler: "1.1",
			streamedWrites,
			guest: transfers,
			log: (record) => log.write(record),
		});
		const installer = new SlotInstaller({
			slots,
			settings,
			power: host.power,
			log,
			registered: transfers,
			...(isProven === undefined ? {} : { isProven }),
		});
		const updater = new Updater(
			{
				table: UPDATE,
				store: slots,
				settings,
				keys: firmwareKeys,
				log,
				name: "firmware",
				lines: transfers,
				clock: host.clock,
				...(gate === undefined ? {} : { gate }),
				...(hasRoom === undefined ? {} : { hasRoom }),
				...(download === undefined ? {} : { download }),
				...(strideBytes === undefined ? {} : { strideBytes }),
			},
			installer,
		);
		this.client = client;
		this.updater = updater;
		this.transfers = transfers;
		client.add(security({ serverUri: "coap://server.example", shortServerId: 1 }));
		client.add(server({ shortServerId: 1, lifetimeS: 86_400 }, client));
		const version = slots.image(slots.running)?.version ?? "";
		client.add(
			device(
				{ manufacturer: "Maker", modelNumber: "Model", firmwareVersion: version },
				{ clock: host.clock, power: host.power, log, after: (delayMs, run) => client.after(delayMs, run) },
			),
		);
		client.add(firmwareUpdate(updater, {}, facts));
		const rest = more?.({ settings, log, transfers });
		for (const instance of rest?.instances ?? []) client.add(instance);
		new Loop(transfers.host, client, transfers.drive(client, [updater, ...(rest?.driven ?? [])])).start();
		this.settle();
		return this;
	}

	settings!: FlashSettings;

	/** Moves time on; resets that the device asks for happen. */
	run(forMs: number): this {
		const endMs = this.nowMs + forMs;
		for (let turns = 0; turns < 100_000; turns++) {
			const nextMs = Math.min(this.#alarm?.atMs ?? Infinity, this.server.deadlineMs, this.filesPeer.deadlineMs);
			if (nextMs > endMs) break;
			this.nowMs = Math.max(this.nowMs, nextMs);
			this.settle();
		}
		this.nowMs = endMs;
		this.settle();
		return this;
	}

	/** As long as nothing but that happens. @returns whether it came */
	until(isOver: () => boolean, mostMs = 600_000): boolean {
		for (const endMs = this.nowMs + mostMs; this.nowMs < endMs && !isOver(); ) this.run(1);
		return isOver();
	}

	/** A request of the server; its answer, or undefined where there is none at once. */
	ask(code: number, path: string, more: Partial<RequestOptions> = {}): Response | undefined {
		const id = this.server.request({ code, path: path.split("/").slice(1), ...more }, this.nowMs);
		this.settle();
		if (!this.#responses.has(id)) this.run(2000);
		return this.#responses.get(id);
	}

	/** What a request of the server was answered with. */
	answerTo(id: number): Response | undefined {
		return this.#responses.get(id);
	}

	code(code: number, path: string, more: Partial<RequestOptions> = {}): string {
		const response = this.ask(code, path, more);
		return response === undefined ? "none" : codeText(response.code);
	}

	/** "2.04" or what else Package is answered with. */
	push(bytes: Uint8Array, contentFormat: number = ContentFormat.opaque): string {
		return this.code(Code.put, "/5/0/0", { payload: bytes, contentFormat });
	}

	pull(uri: string): string {
		return this.code(Code.put, "/5/0/1", { payload: utf8(uri), contentFormat: ContentFormat.text });
	}

	execute(path: string, args = ""): string {
		return this.code(Code.post, path, args === "" ? {} : { payload: utf8(args) });
	}

	text(path: string): string | undefined {
		const response = this.ask(Code.get, path);
		return response?.code === Code.content ? readUtf8(response.payload) : undefined;
	}

	/** "state/result" of Object 5. */
	get now(): string {
		return `${this.text("/5/0/3")}/${this.text("/5/0/5")}`;
	}

	/** Observes State and Update Result: `told` grows by "S1" and "R4". */
	observe(): this {
		for (const resource of ["3", "5"]) {
			const options: RequestOptions = { code: Code.get, path: ["5", "0", resource], observe: 0 };
			this.#observed.set(this.server.request(options, this.nowMs), resource === "3" ? "S" : "R");
			this.settle();
		}
		return this;
	}

	/** A package to fetch at coap://files.example/NAME, and from the server itself. */
	shelve(name: string, bytes: Uint8Array, eTag = utf8(`e${bytes.length}${bytes[13]}`)): void {
		this.shelf.set(name, { bytes, eTag });
	}

	logged(event: string): LogRecord[] {
		return this.records.filter((record) => record.event === event);
	}

	/** Power goes, and comes back. */
	cut(): this {
		this.#newServers();
		return this.boot("powerOn");
	}

	settle(): void {
		for (let rounds = 0; rounds < 2000; rounds++) {
			let isMoved = false;
			for (const answer of this.#resolving.splice(0)) answer();
			if (this.#alarm !== undefined && this.#alarm.atMs <= this.nowMs) {
				const { ring } = this.#alarm;
				this.#alarm = undefined;
				ring();
				isMoved = true;
			}
			if (this.#isRestarting) {
				this.#isRestarting = false;
				this.boot("restart");
				return;
			}
			this.server.poll(this.nowMs);
			this.filesPeer.poll(this.nowMs);
			isMoved = this.#carry() || isMoved;
			if (!isMoved) return;
		}
		throw new Error("they never stop talking");
	}

	#isRestarting = false;

	#carry(): boolean {
		let isMoved = false;
		for (const { bytes, to } of this.#written.splice(0)) {
			isMoved = true;
			const isFiles = to.host === filesAt.host;
			if (isFiles) this.requestsForFiles++;
			if (isFiles ? this.isFilesCut : this.isServerCut) continue;
			if (isFiles && to.port === 5684) this.#receiveVeiled(bytes);
			else (isFiles ? this.filesPeer : this.server).receive(bytes, 0, bytes.length, this.nowMs);
		}
		for (const [peer, from, isCut] of [
			[this.server, serverAt, this.isServerCut],
			[this.filesPeer, this.#options.secure === undefined ? filesAt : secureFilesAt, this.isFilesCut],
		] as const) {
			for (let sent = peer.takeDatagram(); sent !== undefined; sent = peer.takeDatagram()) {
				isMoved = true;
				if (!isCut) this.#waiting.push({ bytes: from === secureFilesAt ? veiled(sent) : sent.slice(), from });
			}
		}
		if (this.#waiting.length > 0) this.#readable?.(this.#waiting.length);
		return isMoved;
	}

	/** A hello, or what veiled() made. */
	#receiveVeiled(bytes: Uint8Array): void {
		if (bytes[0] !== hello) this.filesPeer.receive(veiled(bytes), 1, bytes.length, this.nowMs);
		else if (this.isShaking) this.#waiting.push({ bytes: Uint8Array.of(hello), from: secureFilesAt });
	}

	#newServers(): void {
		const { dice, entropy } = this.#chances;
		const failed = () => {};
		this.server = new Peer({
			dice,
			entropy,
			limits: HOST_LIMITS,
			listener: {
				requested: (request, nowMs) => this.server.respond(request, this.#serve(request), nowMs),
				responded: (id, response) => {
					this.#responses.set(id, response);
					const resource = this.#observed.get(id);
					if (resource !== undefined) this.told.push(resource + readUtf8(response.payload));
				},
				failed,
				observerGone() {},
			},
		});
		const { filesExtension } = this.#options;
		this.filesPeer = new Peer({
			dice,
			entropy,
			...(filesExtension === undefined ? {} : { extension: filesExtension() }),
			limits: HOST_LIMITS,
			listener: {
				requested: (request, nowMs) => {
					const answer = this.files === undefined ? this.#hand(request) : this.files(request);
					if (answer !== undefined) this.filesPeer.respond(request, answer, nowMs);
				},
				responded() {},
				failed,
				observerGone() {},
			},
		});
	}

	#serve(request: Request): ResponseOptions {
		if (request.code === Code.get) return this.#hand(request);
		if (request.code === Code.post && request.path.length === 1) {
			if (!this.welcomes) return { code: Code.forbidden };
			this.registrations++;
			return { code: Code.created, locationPath: ["rd", "5"] };
		}
		return { code: request.code === Code.delete ? Code.deleted : Code.changed };
	}

	#hand(request: Request): ResponseOptions {
		const shelf = this.shelf.get(request.path.join("/"));
		if (shelf === undefined) return { code: Code.notFound };
		const { bytes, eTag } = shelf;
		return {
			code: Code.content,
			source: {
				sizeBytes: bytes.length,
				...(eTag === undefined ? {} : { eTag }),
				read: (offset, into, at, end) => {
					this.asked.push(offset);
					this.onAsked(offset);
					const count = Math.max(0, Math.min(end - at, bytes.length - offset));
					for (let index = 0; index < count; index++) into[at + index] = bytes[offset + index]!;
					return count;
				},
			},
		};
	}

	get #chances() {
		return {
			dice: { below: (bound: number) => this.#chance(bound) },
			entropy: {
				fill: (bytes: Uint8Array) => {
					for (let index = 0; index < bytes.length; index++) bytes[index] = this.#chance(256);
				},
			},
		};
	}

	#host(resetCause: ResetCause): Host {
		return {
			...this.#chances,
			clock: {
				nowMs: () => this.nowMs,
				wallTimeS: () => this.wallS,
				setWallTimeS() {},
				setAlarm: (atMs, ring) => {
					this.#alarm = atMs === undefined ? undefined : { atMs, ring };
				},
			},
			openDatagrams: (opening) => {
				this.#readable = opening.onReadable;
				return {
					read: (into, from) => {
						const next = this.#waiting.shift();
						if (next === undefined) return -1;
						into.set(next.bytes);
						Object.assign(from, next.from);
						return next.bytes.length;
					},
					write: (bytes, to) => void this.#written.push({ bytes: bytes.slice(), to: { ...to } }),
					close() {},
				};
			},
			resolver: { resolve: (name, onResolved) => void this.#resolving.push(() => onResolved(names[name] ?? [])) },
			power: {
				resetCause,
				restart: () => {
					this.restarts++;
					this.#isRestarting = true;
				},
				onShutdown() {},
				off() {},
			},
			log: { write: (record) => void this.records.push(record) },
			factory: {},
			platform: "test",
		};
	}
}

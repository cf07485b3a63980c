import { readUtf8, utf8 } from "../../modules/bytes.ts";
import { Code } from "../../modules/coap/code.ts";
import { Peer, type Request, type Response } from "../../modules/coap/peer.ts";
import { KeyValueSettings } from "../../modules/settings/key-value-settings.ts";
import { Preferences } from "../../modules/settings/preferences.ts";
import main from "../../src/main.ts";
import { openSettings, owners } from "../../src/settings.ts";
import { deepEqual, equal, ok, test } from "../harness.ts";
import { account, KeptDevice, TestCard } from "../modules/lwm2m/configuration-bench.ts";
import { type World, welcoming } from "../modules/lwm2m/world.ts";
import { MemoryKeyValue } from "../modules/settings/memory-key-value.ts";
import { NorFlash } from "../modules/settings/nor-flash.ts";
import { type FakeHost, type FakeHostOptions, fakeHost } from "./fake-host.ts";

const geometry = { sectors: 6, sectorBytes: 4096, writeBytes: 4 };

/** The application on a host, with somebody who welcomes it at every address. */
class Life {
	readonly device: FakeHost;
	readonly requests: Request[] = [];
	readonly responses: Response[] = [];
	readonly #peer: Peer;
	#taken = 0;

	constructor(options: FakeHostOptions) {
		this.device = fakeHost(options);
		const { dice, entropy } = this.device.host;
		this.#peer = new Peer({
			dice,
			entropy,
			listener: {
				requested: (request, nowMs) => {
					this.requests.push(request);
					this.#peer.respond(request, welcoming(request, undefined as unknown as World)!, nowMs);
				},
				responded: (_, response) => void this.responses.push(response),
				failed() {},
				observerGone() {},
			},
		});
		main(this.device.host);
		this.advance(0);
	}

	advance(byMs: number): void {
		this.device.advance(this.device.nowMs + byMs);
		for (let rounds = 0; rounds < 100; rounds++) {
			this.device.advance(this.device.nowMs); // names are answered later
			const { written } = this.device;
			if (rounds > 1 && this.#taken === written.length) break;
			for (; this.#taken < written.length; this.#taken++) {
				const { bytes } = written[this.#taken]!;
				this.#peer.receive(bytes, 0, bytes.length, this.device.nowMs);
			}
			this.pass();
		}
	}

	/** Asks the device, and gives what it answers. */
	ask(code: number, path: string, text?: string): Response {
		const payload = text === undefined ? {} : { payload: utf8(text), contentFormat: 0 };
		this.#peer.request({ code, path: path.split("/").slice(1), ...payload }, this.device.nowMs);
		this.pass();
		this.advance(0);
		return this.responses.at(-1)!;
	}

	read(path: string): string | undefined {
		const { code, payload } = this.ask(Code.get, path);
		return code === Code.content ? readUtf8(payload) : undefined;
	}

	private pass(): void {
		for (let sent = this.#peer.takeDatagram(); sent !== undefined; sent = this.#peer.takeDatagram()) {
			this.device.deliver(sent.slice(), { host: "192.0.2.1", port: 5683 });
		}
	}
}

const registers = ({ requests }: Life) =>
	requests.filter(({ code, path }) => code === Code.post && path.length === 1).map(({ query }) => query);

test("[REG-001] [MaU-001] what a server writes outlives a restart: lifetime, time zone, application type", () => {
	const flash = new NorFlash(geometry);
	const before = new Life({ flash });
	equal(before.ask(Code.put, "/1/0/1", "77").code, Code.changed);
	equal(before.ask(Code.put, "/3/0/15", "Europe/Berlin").code, Code.changed);
	equal(before.ask(Code.put, "/3303/0/5750", "Cellar").code, Code.changed);
	const after = new Life({ flash });
	ok(registers(after)[0]!.includes("lt=77"), registers(after).join());
	equal(after.read("/3/0/15"), "Europe/Berlin");
	equal(after.read("/3303/0/5750"), "Cellar");
	equal(after.read("/3303/0/5601"), "20", "a measured value is no setting");
});

test("[MaU-001] what the owner sets, and no server knows, outlives a restart", () => {
	const flash = new NorFlash(geometry);
	equal(new Life({ flash }).read("/3303/0/5700"), "20");
	equal(new Preferences(owners, openSettings(fakeHost({ flash }).host)).set("correction", -1.5), undefined);
	equal(new Life({ flash }).read("/3303/0/5700"), "18.5");
});

test("[MaU-001] a factory reset forgets all of it", () => {
	const flash = new NorFlash(geometry);
	new Preferences(owners, openSettings(fakeHost({ flash }).host)).set("correction", -1.5);
	const before = new Life({ flash });
	before.ask(Code.put, "/1/0/1", "77");
	before.ask(Code.put, "/3/0/15", "Europe/Berlin");
	equal(before.ask(Code.post, "/3/0/5").code, Code.changed);
	before.advance(4000);
	equal(before.device.restarts, 1);
	equal(openSettings(fakeHost({ flash }).host)!.nextKey(0), undefined);
	const after = new Life({ flash });
	ok(registers(after)[0]!.includes("lt=300"));
	equal(after.read("/3/0/15"), undefined);
	equal(after.read("/3303/0/5700"), "20");
});

test("[MaU-001] another factory's device begins anew", () => {
	const flash = new NorFlash(geometry);
	new Life({ flash }).ask(Code.put, "/1/0/1", "77");
	const after = new Life({ flash, factory: { lifetimeS: 50 } });
	ok(registers(after)[0]!.includes("lt=50"));
	ok(after.device.records.some(({ event }) => event === "configurationForgotten"));
});

test("[REG-001] the factory's Resources of a server: order, delay, retries", () => {
	const resources = { "13": 1, "14": 5, "17": 2, "16": false, "25": ["1.0", "1.1"] };
	const servers = [{ uri: "coap://192.0.2.1", shortServerId: 4, resources }];
	const life = new Life({ factory: { servers, enabler: "1.2" } });
	life.advance(5000);
	equal(life.read("/1/0/13"), "1");
	equal(life.read("/1/0/14"), "5");
	equal(life.read("/1/0/17"), "2");
	equal(life.read("/1/0/16"), "0");
});

test("[BOOT-PROV-001] a bootstrap server alone: the device asks it for its servers", () => {
	const life = new Life({ factory: { endpointName: "me", bootstrap: { uri: "coap://192.0.2.9", holdOffS: 3 } } });
	equal(life.requests.length, 0, "held off");
	life.advance(3000);
	const [request] = life.requests;
	deepEqual([request!.path, request!.query[0]], [["bs"], "ep=me"]);
});

test("[BOOT-PROV-001] a smart card's account goes before the factory's, and goes with the card", () => {
	const smartCard = new TestCard();
	const flash = new NorFlash(geometry);
	const file = new KeptDevice({}).collection(account(0, 9, { lifetimeS: 43_200 }));
	const life = new Life({ smartCard, flash });
	ok(registers(life)[0]!.includes("lt=300"));
	smartCard.change(file);
	life.advance(0);
	ok(registers(life).at(-1)!.includes("lt=43200"), registers(life).join(" | "));
	equal(life.read("/1/0/0"), "9");
	equal(new Life({ smartCard, flash }).read("/1/0/1"), "43200");
	smartCard.file = undefined;
	equal(new Life({ smartCard, flash }).read("/1/0/1"), "300");
});

test("[BOOT-PROV-001] a card that goes without a word is missed when its server is told of us again", () => {
	const smartCard = new TestCard();
	smartCard.file = new KeptDevice({}).collection(account(0, 9, { lifetimeS: 300 }));
	const life = new Life({ smartCard });
	const reads = smartCard.reads;
	life.advance(100_000);
	equal(smartCard.reads, reads, "it is not read for nothing");
	equal(life.read("/1/0/0"), "9");
	smartCard.file = undefined;
	life.advance(110_000); // an Update is due at 207 s
	equal(life.read("/1/0/0"), "1");
});

test("[MaU-001] openSettings: a platform's own store where there is no flash and the product wants it", () => {
	const { host } = fakeHost({ keyValue: new MemoryKeyValue() });
	equal(openSettings(host), undefined);
	const settings = openSettings(host, (options) => new KeyValueSettings(options))!;
	new Preferences(owners, settings).set("correction", 2);
	const again = openSettings(host, (options) => new KeyValueSettings(options));
	equal(new Preferences(owners, again).get("correction"), 2);
});

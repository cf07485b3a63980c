import type { LinkState, LogRecord, NetworkLink, ResetCause } from "../../../modules/host.ts";
import {
	defaultLinkTuning,
	type LinkEvent,
	type LinkStanding,
	LinkWatch,
	linkTable,
} from "../../../modules/lwm2m/link-watch.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { recovering, states } from "./recovering.ts";

class PlayedLink implements NetworkLink {
	state: LinkState = "up";
	address: number | undefined = 1;
	onChanged(): void {}
}

/** A watch over a client that notes what it is told, with times in seconds. */
class Bench {
	readonly link = new PlayedLink();
	readonly told: string[] = [];
	readonly records: LogRecord[] = [];
	readonly watch: LinkWatch;
	nowMs = 1_000_000;

	constructor(state: LinkState = "up", resetCause: ResetCause = "powerOn") {
		this.link.state = state;
		const tell = (what: string, nowMs: number, who = "") =>
			this.told.push(`${nowMs / 1000 - 1000} ${what} ${who}`.trim());
		const client = {
			online: (nowMs: number, who: unknown) => tell("online", nowMs, String(who)),
			offline: (nowMs: number, who: unknown) => tell("offline", nowMs, String(who)),
			moved: (nowMs: number) => tell("moved", nowMs),
			poll: () => {},
		};
		const log = { write: (record: LogRecord) => void this.records.push(record) };
		this.watch = new LinkWatch(client, this.link, { log, power: { resetCause } });
		this.watch.started(this.nowMs);
	}

	/** The link is so from `atS` on, after the start. */
	at(atS: number, state: LinkState = this.link.state): LinkStanding {
		this.run(atS);
		this.link.state = state;
		this.watch.turnEnded(this.nowMs);
		return this.watch.standing;
	}

	/** Moves on, with a turn at each deadline. */
	run(untilS: number): number {
		const endMs = (1000 + untilS) * 1000;
		let turns = 0;
		for (let dueMs = this.due(); dueMs <= endMs; dueMs = this.due()) {
			this.nowMs = Math.max(dueMs, this.nowMs);
			this.watch.turnEnded(this.nowMs);
			turns++;
			ok(turns < 10_000, "a busy loop");
		}
		this.nowMs = endMs;
		return turns;
	}

	due(): number {
		return this.watch.rest(this.nowMs, Infinity);
	}
}

const silent: readonly LinkStanding[] = ["seeking", "resigned", "settling"];

test("the table of standings: each can be reached, each event leads somewhere, and who is silent may come back", () => {
	const standings = Object.keys(linkTable) as LinkStanding[];
	const reached = new Set<LinkStanding>(["online"]);
	for (let round = 0; round < standings.length; round++) {
		for (const from of [...reached]) for (const to of Object.values(linkTable[from])) reached.add(to);
	}
	equal(reached.size, standings.length);
	for (const from of standings) {
		const up = linkTable[from].up;
		equal(up === "online" || linkTable[up].due === "online", true, from);
		// Asleep by our own will is no loss: nobody who speaks falls silent by it.
		if (!silent.includes(from)) equal(linkTable[from].resting, "resting", from);
		// Nobody falls silent at once: only after a time.
		if (!silent.includes(from)) ok(!silent.includes(linkTable[from].down), from);
	}
});

test("a network that is back within seconds was never away", () => {
	const bench = new Bench();
	for (let s = 10; s < 100; s += 10) {
		equal(bench.at(s, "down"), "fading");
		equal(bench.at(s + 4.9, "up"), "online");
	}
	deepEqual(bench.told, []);
	deepEqual(bench.records, []);
});

test("one that is gone for longer: the client falls silent, and goes on the moment that it is back", () => {
	const bench = new Bench();
	equal(bench.at(200, "down"), "fading");
	equal(bench.due(), 1_205_000);
	equal(bench.at(206), "seeking");
	equal(bench.at(210, "up"), "online");
	deepEqual(bench.told, ["205 offline link", "210 online link"]);
	deepEqual(
		bench.records.map(({ event, state }) => `${event} ${state}`),
		["network gone", "network back"],
	);
	equal(bench.due(), Infinity, "and nothing is due any more");
});

test("asleep by our own will: not a word, however long, and a radio that wakes has its time", () => {
	const bench = new Bench();
	equal(bench.at(10, "resting"), "resting");
	equal(bench.due(), Infinity);
	equal(bench.at(100_000, "down"), "returning");
	equal(bench.at(100_019, "up"), "online");
	equal(bench.at(100_030, "resting"), "resting");
	deepEqual(bench.told, []);
	bench.at(200_000, "down");
	bench.run(200_020);
	deepEqual(bench.told, ["200020 offline link"]);
});

test("lost and then asleep: it is seen after waking", () => {
	const bench = new Bench();
	bench.at(10, "down");
	equal(bench.at(12, "resting"), "resting");
	bench.run(5000);
	deepEqual(bench.told, []);
	equal(bench.at(5000, "down"), "returning");
	bench.run(5020);
	deepEqual(bench.told, ["5020 offline link"]);
});

test("without a network nobody sleeps while it is looked for; then ever longer, but never for ever", () => {
	const bench = new Bench();
	bench.at(200, "down");
	equal(bench.watch.deepest, "off", "it may be back in a moment");
	bench.at(205);
	const pauses: number[] = [];
	for (let round = 0; round < 8; round++) {
		equal(bench.watch.deepest, "idle");
		const lookMs = bench.due() - bench.nowMs;
		bench.nowMs = bench.due();
		bench.watch.turnEnded(bench.nowMs);
		equal(bench.watch.standing, "resigned");
		equal(bench.watch.deepest, "off");
		equal(lookMs, 20_000);
		pauses.push((bench.due() - bench.nowMs) / 1000);
		bench.link.state = "resting"; // it sleeps
		bench.nowMs = bench.due();
		bench.watch.turnEnded(bench.nowMs); // the alarm, before the radio is on
		equal(bench.watch.standing, "seeking");
		bench.link.state = "down";
		bench.watch.turnEnded(bench.nowMs);
		equal(bench.watch.standing, "seeking");
	}
	deepEqual(pauses, [60, 120, 240, 480, 960, 1800, 1800, 1800]);
	equal(bench.told.length, 1);
});

test("a sensor's wake between two looks changes nothing, but a network that is there then is taken", () => {
	const bench = new Bench();
	bench.at(200, "down");
	bench.run(230);
	equal(bench.watch.standing, "resigned");
	bench.at(240, "resting");
	bench.at(250, "down");
	equal(bench.watch.standing, "resigned");
	equal(bench.at(260, "up"), "online");
	deepEqual(bench.told, ["205 offline link", "260 online link"]);
});

test("never came up at boot: off line from the first turn on; out of deep sleep it goes back there", () => {
	const cold = new Bench("down");
	deepEqual(cold.told, ["0 offline link"]);
	equal(cold.watch.standing, "seeking");
	equal(cold.at(3, "up"), "online");
	deepEqual(cold.told, ["0 offline link", "3 online link"]);
	const woken = new Bench("down", "deepSleep");
	equal(woken.watch.standing, "resigned");
	equal(woken.watch.deepest, "off");
	equal(woken.due() - woken.nowMs, defaultLinkTuning.pauseMaxMs);
});

test("one that comes and goes has to last ever longer; one that lasted is believed at once again", () => {
	const bench = new Bench();
	let s = 200;
	const waits: number[] = [];
	for (let flap = 0; flap < 9; flap++) {
		bench.at(s, "down");
		bench.at(s + 6, "up");
		const told = bench.told.length;
		bench.run(s + 6 + 65);
		const back = bench.told[told - 1]!.includes("online") ? bench.told[told - 1]! : bench.told[told]!;
		waits.push(Number(back.split(" ")[0]) - s - 6);
		s += 6 + 70;
	}
	deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
	bench.run(s + 200);
	bench.at(s + 200, "down");
	bench.at(s + 210, "up");
	equal(bench.told.at(-1), `${s + 210} online link`);
});

test("one that is lost while it settles: still off line, and not asleep", () => {
	const bench = new Bench();
	for (const s of [200, 210]) {
		bench.at(s, "down");
		bench.at(s + 6, "up");
	}
	equal(bench.watch.standing, "settling");
	equal(bench.watch.deepest, "idle");
	equal(bench.at(216.5, "down"), "seeking");
	equal(bench.told.length, 3);
});

test("another address: said once, when there is a network to say it through", () => {
	const bench = new Bench();
	bench.link.address = 2;
	bench.at(10);
	bench.at(11);
	bench.at(20, "down");
	bench.link.address = 3;
	bench.run(40);
	bench.at(50, "up");
	bench.at(300, "resting");
	bench.link.address = undefined;
	bench.at(400, "up");
	bench.link.address = 3;
	bench.at(401);
	deepEqual(bench.told, ["10 moved", "25 offline link", "50 online link", "50 moved"]);
});

test("whatever the link does: the client is told in turns, never twice the same, and what is up stays heard", () => {
	for (let seed = 1; seed <= 20 * patience; seed++) {
		const chance = seeded(seed);
		const bench = new Bench(chance(2) === 0 ? "up" : "down");
		const events: readonly LinkEvent[] = ["up", "down", "resting"];
		for (let s = 1; s < 3000; s += 1 + chance(40)) {
			const state = events[chance(3)] as LinkState;
			bench.at(s, state === "resting" && bench.watch.deepest === "idle" ? "down" : state);
		}
		bench.at(3100, "up");
		bench.run(3200);
		equal(bench.watch.standing, "online", `seed ${seed}`);
		const words = bench.told.map((line) => line.split(" ")[1]);
		words.forEach((word, index) => {
			if (word !== "moved") ok(word !== words[index - 1], `seed ${seed}: ${bench.told.join()}`);
		});
	}
});

test("the host's word and the application's: who speaks needs both", () => {
	const { world } = recovering({}, {});
	world.start();
	const { client } = world;
	client.offline(world.nowMs, 2);
	client.offline(world.nowMs, "link");
	client.update(1);
	client.update(2);
	world.settle();
	equal(world.requests.length, 1);
	client.online(world.nowMs, "link");
	world.settle();
	equal(world.requests.length, 2);
	equal(world.secondRequests.length, 1, "the application's word stands");
	client.offline(world.nowMs);
	client.offline(world.nowMs, "link");
	client.online(world.nowMs);
	client.update(1);
	world.settle();
	equal(world.requests.length, 2, "the host's word stands");
	client.online(world.nowMs, "link");
	world.settle();
	equal(world.requests.length, 3);
	equal(world.secondRequests.length, 2);
	deepEqual(states(world), ["1 registered", "2 registered"]);
});

test("another address of ours: each server hears one Update first; one that is not registered nothing", () => {
	const { world } = recovering({}, {});
	world.start();
	world.client.offline(world.nowMs, "link");
	world.client.online(world.nowMs, "link");
	world.client.moved(world.nowMs);
	world.settle();
	equal(world.requests.length, 2);
	equal(world.secondRequests.length, 2);
	deepEqual(world.requests[1]!.path, ["rd", "5"]);
	const away = recovering({}, undefined).world;
	away.isCut = true;
	away.start();
	away.client.moved(away.nowMs);
	away.settle();
	deepEqual(states(away), ["1 registering"]);
});

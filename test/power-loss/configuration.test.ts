/**
 * Configurations and power loss: the power goes at every flash operation of a keep(), of a turn that keeps what a
 * server has changed, of a factory reset and of a card that comes and goes, and again at every operation of the next
 * one. Invariants: a device comes up whatever lies there; it has the configuration of before or the new one, whole,
 * with its keys; nothing is reported as lost; it can keep another one.
 */
import { deepEqual, ok } from "node:assert/strict";
import { test } from "node:test";
import type { ConfiguredInstance } from "../../modules/lwm2m/configuration.ts";
import { seeded } from "../harness.ts";
import { account, type DeviceOptions, KeptDevice, TestCard } from "../modules/lwm2m/configuration-bench.ts";
import { AddingCrypto } from "../modules/settings/adding-crypto.ts";
import { type Geometry, NorFlash, PowerCut } from "../modules/settings/nor-flash.ts";
import { chips } from "./geometries.ts";

const secrets = { crypto: new AddingCrypto(), key: 3 };
const key = (first: number) => new Uint8Array(16).fill(first);

/** Two servers with keys, one of them large, and a time zone. */
function configuration(round: number, largeBytes: number): ConfiguredInstance[] {
	const [security, server] = account(0, 1, { source: "bootstrapServer", key: key(round), lifetimeS: 100 + round });
	const values = new Map(security!.values).set(4, new Uint8Array(largeBytes).fill(round));
	const zone = new Map([[15, `Etc/GMT+${round}`]]);
	return [
		{ ...security!, values },
		...account(round, round + 1, { source: "bootstrapServer", key: key(round + 1) }).slice(0, round % 2 === 0 ? 1 : 2),
		server!,
		{ objectId: 3, instanceId: 0, source: "bootstrapServer", values: zone },
	];
}

const open = (flash: NorFlash, more: Omit<DeviceOptions, "settings"> = {}) =>
	new KeptDevice({ settings: { flash, secrets }, ...more });

interface Change {
	readonly name: string;
	/** Makes it the next one: keeps, or has it kept. */
	perform(device: KeptDevice, round: number, card: TestCard): void;
	readonly hasCard?: true;
}

const changes: readonly Change[] = [
	{
		name: "a bootstrap",
		perform: ({ keeper, store }, round) => {
			const instances = configuration(round, store!.valueMaxBytes > 700 ? 300 : 40);
			ok(keeper.keep({ instances, formerBootstrap: instances.slice(0, round % 3 === 0 ? 1 : 0) }));
		},
	},
	{
		name: "what servers write in one turn",
		perform: (device, round) => {
			for (const { id } of device.client.registry.object(1)!.instances) device.set(1, id, "lifetime", 1000 + round);
			device.set(3, 0, "utcOffset", `+0${round}:00`);
			device.turn();
		},
	},
	{ name: "a factory reset", perform: ({ keeper }) => void keeper.forget() },
	{
		name: "a card",
		hasCard: true,
		perform: (device, round, card) => {
			card.change(device.collection(account(9, 9, { key: key(round), lifetimeS: round })));
			device.turn();
		},
	},
];

/** A chip with the configuration of round 1, on which others were before, so that there is something to tidy up. */
function prepared(geometry: Geometry): NorFlash {
	const flash = new NorFlash(geometry);
	const device = open(flash);
	for (let round = 60; round > 0; round--)
		changes[0]!.perform(device, round % 10 === 0 ? 1 : round % 10, new TestCard());
	return flash;
}

for (const name of Object.keys(chips)) {
	const { geometry } = chips[name]!;
	if (geometry.sectors * geometry.sectorBytes < 4096) continue; // too small for two servers
	for (const change of changes) {
		test(`[MaU-001] [BOOT-PROV-001] power cut at every operation of ${change.name}, ${name}: old or new`, (context) => {
			const before = prepared(geometry);
			const old = open(before).values();
			const whole = copyOf(before);
			const cardOf = () => (change.hasCard === true ? { card: new TestCard() } : {});
			const own = cardOf();
			change.perform(open(whole, own), 2, own.card!);
			const now = open(whole, own).values();
			let cuts = 0;
			const seen = { old: 0, now: 0 };
			for (let cutAt = 0; ; cutAt++) {
				const flash = copyOf(before);
				flash.cutAt = cutAt;
				flash.chance = seeded(cutAt + 1);
				const at = cardOf();
				const isCut = !completes(() => change.perform(open(flash, at), 2, at.card!));
				flash.cutAt = -1;
				const found = check(flash, at, [old, now], `cut at ${cutAt}`);
				seen[found === 0 ? "old" : "now"]++;
				if (!isCut) break;
				cuts++;
				cuts += again(flash, at, change, [old, now], cutAt);
			}
			context.diagnostic(`${cuts} cuts, ${seen.old} old, ${seen.now} new`);
			// A card that is still there says it again at the next start.
			ok(cuts > 0 && (change.hasCard === true || seen.old > 0) && seen.now > 0, "the sweep proved nothing");
		});
	}
}

/** The same change once more, cut again: what is there then is one of the same two. */
function again(flash: NorFlash, at: { card?: TestCard }, change: Change, allowed: string[][], first: number): number {
	let cuts = 0;
	for (let cutAt = 0; cuts < 6; cutAt++) {
		const second = copyOf(flash);
		second.cutAt = cutAt;
		second.chance = seeded(first * 31 + cutAt);
		const isCut = !completes(() => change.perform(open(second, at), 2, at.card!));
		second.cutAt = -1;
		check(second, at, allowed, `cut at ${first}, then at ${cutAt}`);
		if (!isCut) break;
		cuts++;
	}
	const third = copyOf(flash);
	const device = open(third, at);
	ok(
		device.keeper.keep({ instances: configuration(3, 40), formerBootstrap: [] }),
		`cut at ${first}: nothing can be kept`,
	);
	return cuts;
}

function copyOf(flash: NorFlash): NorFlash {
	const { sectorBytes, writeBytes, erasedByte, sizeBytes } = flash;
	return new NorFlash({ sectors: sizeBytes / sectorBytes, sectorBytes, writeBytes, erasedByte }).copyOf(flash);
}

function completes(run: () => void): boolean {
	try {
		run();
		return true;
	} catch (error) {
		if (!(error instanceof PowerCut)) throw error;
		return false;
	}
}

/** @returns which of the allowed ones it is */
function check(flash: NorFlash, at: { card?: TestCard }, allowed: string[][], where: string): number {
	const device = open(copyOf(flash), at);
	const lost = device.records.filter(({ event }) => event.startsWith("configurationLost"));
	deepEqual(lost, [], where);
	const found = allowed.findIndex((each) => each.join() === device.values().join());
	ok(found >= 0, `${where}: ${device.values().join(" ")}\nold ${allowed[0]!.join(" ")}\nnew ${allowed[1]!.join(" ")}`);
	return found;
}

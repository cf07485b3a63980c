import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { path } from "../../../modules/lwm2m/path.ts";
import { type KeptSend, readSends, writeSends } from "../../../modules/lwm2m/send-state.ts";
import { StateReader, StateWriter } from "../../../modules/sleep/state-codec.ts";
import { WakePlan } from "../../../modules/sleep/wake-plan.ts";
import { deepEqual, equal, ok, patience, seeded, test } from "../../harness.ts";
import { bench } from "../lwm2m/bench.ts";

const limits = { sends: 4 };

const kept: readonly KeptSend[] = [
	{ paths: [path(3)], format: undefined, isConfirmable: true, isDeferred: false, withHistory: false, inMs: 0 },
	{
		paths: [path(3303, 0, 5700), path(33000, 0, 9, 5)],
		format: ContentFormat.senmlJson,
		isConfirmable: false,
		isDeferred: true,
		withHistory: true,
		inMs: 86_400_000,
	},
];

function bytesOf(sends: readonly KeptSend[]): Uint8Array {
	const out = new StateWriter();
	writeSends(out, sends);
	return out.finish();
}

test("[CORE-Q-1] Sends that wait: bytes and back", () => {
	for (const sends of [[], kept, kept.slice(1)]) {
		const from = new StateReader(bytesOf(sends));
		deepEqual(readSends(from, limits), sends);
		ok(from.isGood && from.isAtEnd);
	}
	equal(bytesOf(kept).length, 27);
});

test("[CORE-Q-1] Sends that wait: torn or foreign bytes are told, and never take more than the limits", () => {
	const bytes = bytesOf(kept);
	for (let size = 0; size < bytes.length; size++) {
		const from = new StateReader(bytes, 0, size);
		readSends(from, limits);
		ok(!from.isGood, `${size} bytes`);
	}
	const chance = seeded(5);
	for (let round = 0; round < 200 * patience; round++) {
		const drawn = bytes.map((byte) => (chance(6) === 0 ? chance(256) : byte));
		ok(readSends(new StateReader(drawn), limits).length <= limits.sends);
	}
});

test("[CORE-Q-1] a Send that waits goes on waiting in another life, as long as it would have in this one", () => {
	const options = { isQuiet: true, queueMode: true, account: { lifetimeS: 100_000, muteSend: false } };
	const first = bench({ ...options, waking: new WakePlan() }).world;
	first.run(200_000);
	first.client.send(1, [path(33000, 0, 1)], { withinMs: 600_000, format: ContentFormat.senmlJson });
	first.settle();
	equal(first.client.deepest, "off");
	first.run(100_000);
	const sends = first.client.sessions[0]!.reporting.exportSends(first.nowMs);
	deepEqual(
		sends.map(({ inMs }) => inMs),
		[500_000],
	);
	const { world } = bench({ ...options, waking: new WakePlan() });
	world.run(200_000);
	world.client.sessions[0]!.reporting.importSends(sends, 50_000, world.nowMs);
	const told = () => world.requests.filter((request) => request.path[0] === "dp");
	world.run(449_999);
	equal(told().length, 0);
	world.run(1);
	equal(told().length, 1);
	equal(told()[0]!.contentFormat, ContentFormat.senmlJson);
	equal(told()[0]!.code, Code.post);
});

test("[CORE-Q-1] a Send whose end somebody waits for holds RAM: nobody would hear of it in another life", () => {
	const { world } = bench({ isQuiet: true, queueMode: true, waking: new WakePlan(), account: { muteSend: false } });
	world.run(2000);
	world.client.send(1, [path(33000, 0, 1)], { withinMs: 60_000 }, () => {});
	world.settle();
	equal(world.client.deepest, "light");
	deepEqual(world.client.sessions[0]!.reporting.exportSends(world.nowMs), []);
	world.run(60_000);
	equal(world.client.deepest, "off");
});

import { Code } from "../../../modules/coap/code.ts";
import { ContentFormat } from "../../../modules/formats/content-format.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";
import { bench, code } from "./bench.ts";
import { named, watch } from "./observing.ts";

const since12 = { enabler: "1.2", isQuiet: true } as const;

test("[CORE-IR-1] Observe-Composite: one notification with all values when one of them changes (ETS 304, L-42)", () => {
	const it = bench({ isQuiet: true });
	const seen = watch(it, ["/33000/0/1", "/33000/0/9/5", "/3/0/0"]);
	deepEqual(seen.entries(0), ["/3/0/0 Maker", "/33000/0/1 7", "/33000/0/9/5 five"]);
	it.instance.set("level", 9); // not one of them
	it.world.settle();
	equal(seen.count(), 0);
	it.instance.set("whole", 8);
	it.world.settle();
	equal(seen.count(), 1);
	deepEqual(seen.entries(1), ["/3/0/0 Maker", "/33000/0/1 8", "/33000/0/9/5 five"]);
	equal(it.world.logged("observing")[0]!.path, "/33000/0/1 /33000/0/9/5 /3/0/0");
});

test("[CORE-IR-1] Observe-Composite: no path sooner than its pmin, none later than its pmax (ETS 304)", () => {
	const it = bench({ isQuiet: true });
	it.attributes("/1/0/1", "pmin=30", "pmax=45");
	it.attributes("/33000/0/1", "pmax=100");
	const seen = watch(it, ["/1/0/1", "/33000/0/1"]);
	it.world.run(1000);
	it.instance.set("whole", 8);
	it.world.run(100_000);
	deepEqual(seen.sent(), ["30 NON", "75 NON"]);
});

test("[CORE-IR-1] Observe-Composite: attributes that change hold from then on (ETS 310)", () => {
	const it = bench({ isQuiet: true });
	const seen = watch(it, ["/1/0/1", "/3/0"]);
	it.world.run(3000);
	it.attributes("/3", "pmax=5");
	it.world.run(12_000);
	deepEqual(seen.sent(), ["5 NON", "10 NON", "15 NON"]);
});

test("[CORE-IR-1] Observe-Composite of the root, in CBOR; of an Object with an Instance that comes", () => {
	const it = bench({ isQuiet: true });
	const root = watch(it, ["/"], [], ContentFormat.senmlCbor);
	it.instance.set("whole", 3);
	it.world.settle();
	equal(root.count(), 1);
	ok(root.entries(1).includes("/33000/0/1 3"));
	ok(!root.entries(1).some((entry) => entry.startsWith("/0/")));
});

test("[CORE-IR-1] Cancel Observation-Composite: FETCH with Observe 1 tells the values, then silence (ETS 305)", () => {
	const it = bench({ isQuiet: true });
	const { world } = it;
	const paths = ["/33000/0/1", "/33000/0/3"];
	const seen = watch(it, paths);
	const payload = named(paths);
	const fetch = { code: Code.fetch, path: [], contentFormat: ContentFormat.senmlJson, payload };
	const id = world.send({ ...fetch, observe: 1, observation: seen.id });
	const answer = world.responses.get(id)?.[0] ?? world.responses.get(seen.id)!.at(-1)!;
	equal(code(answer), "2.05");
	equal(world.client.sessions[0]!.observationCount, 0);
	const before = world.wire.length;
	it.instance.set("whole", 8);
	world.run(1000);
	equal(world.wire.length, before);
});

test("[CORE-IR-1] Cancel Observation-Composite by Reset", () => {
	const it = bench({ isQuiet: true });
	const seen = watch(it, ["/33000/0/1", "/33000/0/3"]);
	it.world.server.cancel(seen.id);
	it.instance.set("whole", 8);
	it.world.settle();
	equal(it.world.logged("observationCancelled")[0]!.by, "reset");
	equal(it.world.client.sessions[0]!.observationCount, 0);
});

test("[INFO-2] attributes in an Observe-Composite stand for those on the objects; conditions on values stay", () => {
	const it = bench(since12);
	it.attributes("/33000", "pmin=60", "pmax=300");
	it.attributes("/33000/0/1", "gt=50");
	const seen = watch(it, ["/33000/0/1", "/33000/0/3"], ["pmax=40"]);
	it.instance.set("whole", 40);
	it.world.run(1000);
	equal(seen.count(), 0, "not above 50");
	it.instance.set("whole", 51);
	it.world.settle();
	deepEqual(seen.sent(), ["1 NON"], "no pmin of 60");
	it.instance.set("level", 2);
	it.world.settle();
	it.world.run(41_000);
	deepEqual(seen.sent(), ["1 NON", "1 NON", "41 NON"]);
	ok(!JSON.stringify(it.get("/33000", 40).payload).includes("pmax=40"));
});

test("[CORE-IR-1] Observe-Composite is Confirmable when one of its paths is to be", () => {
	const it = bench(since12);
	it.attributes("/33000/0/3", "con=1");
	const seen = watch(it, ["/33000/0/1", "/33000/0/3"]);
	it.instance.set("whole", 8);
	it.world.settle();
	deepEqual(seen.sent(), ["0 CON"]);
});

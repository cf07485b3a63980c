/*
 * The Bootstrap Interface under fuzz: a client with the account of a Bootstrap-Server, sometimes with a server's, too,
 * and operations of every method, path, format and payload, Finishes, packs and time in between. Invariants:
 * - nothing is thrown; every operation has an answer, with a code of Transport 1.2 §6.7 or of CoAP;
 * - the registry stays as it is, whatever is written, until Finish is answered 2.04 or a pack is taken;
 * - afterwards it is a configuration that can be worked with: a server's account at least, each complete and paired,
 *   one of the Bootstrap-Server at most; and it is what was kept;
 * - Instances keep to their limits, and deadlines move.
 */
import { Code, codeText } from "../../modules/coap/code.ts";
import type { ResponseOptions } from "../../modules/coap/peer.ts";
import { checkConfiguration } from "../../modules/lwm2m/configuration-check.ts";
import { type BootstrapBench, bootstrapBench } from "../modules/lwm2m/bootstrap-bench.ts";
import { Choices } from "./choices.ts";
import { bent, type DrawnEntry, written } from "./drawn-payload.ts";

const formats = [110, 112, 11542, 11544, 110, 112, 0, 60, 42, 9999] as const;
const methods = [
	Code.put,
	Code.put,
	Code.put,
	Code.put,
	Code.delete,
	Code.get,
	Code.get,
	Code.post,
	Code.fetch,
] as const;
const accepts = [undefined, 40, 112, 110, 11542, 0, 9999] as const;
const leapsMs = [1, 1_000, 100_000, 250_000, 4_000_000];
const uris = ["coap://server.example", "coap://other.example", "coap://192.0.2.5", "coaps://x", "nonsense"] as const;
const limits = { stagedInstances: 12, stagedBytes: 2048 };
/** Transport 1.2 §6.7, Table of the Bootstrap Interface; 4.02 and 4.13 are CoAP's. */
const legal = ["2.02", "2.04", "2.05", "4.00", "4.04", "4.05", "4.06", "4.15", "4.02", "4.13", "5.00"];

/**
 * Whether what is in force is what was kept, but for rights of servers that have no account any more, and what nobody
 * has rights to then: those go when it is applied (Transport 1.2 §5.2.5).
 */
function isOf(inForce: string, kept: string): boolean {
	const rest = inForce.split("\n");
	for (const line of kept.split("\n")) {
		if (rest[0] === line) rest.shift();
		else if (line.startsWith("/0/") || line.startsWith("/1/")) return false;
	}
	return rest.length === 0;
}

class Script {
	readonly #choices: Choices;
	readonly #it: BootstrapBench;
	#before: string;
	#kept = 0;

	constructor(bytes: Uint8Array) {
		const choices = new Choices(bytes);
		this.#choices = choices;
		this.#it = bootstrapBench({
			enabler: choices.of(["1.1", "1.2", "1.0"] as const),
			hasServer: choices.below(2) === 1,
			limits,
			bootstrapTuning: { unrequested: choices.of(["always", "secure", "never"] as const) },
			account: choices.isRare(4) ? { bootstrapServerAccountTimeout: 2000, clientHoldOffTime: 5 } : {},
			pack: () => this.#pack(),
		});
		this.#before = this.#it.registry();
		this.#it.world.start().run(0);
	}

	play(): void {
		while (!this.#choices.isOver) {
			this.#step();
			this.#check();
		}
		this.#it.world.run(8_000_000);
		this.#check();
	}

	#step(): void {
		const { world } = this.#it;
		const step = this.#choices.below(16);
		if (step < 11) this.#operation();
		else if (step < 13) this.#finish();
		else if (step === 13) world.run(this.#choices.of(leapsMs));
		else if (step === 14) {
			world.client.requestBootstrap("application", "");
			world.run(0);
		} else this.#account();
	}

	/** All that a server's account takes, so that sessions come to their end. */
	#account(): void {
		for (const objectId of [0, 1]) {
			const entries = this.#entries(objectId, false);
			const payload = written(112, [objectId], entries, this.#choices);
			this.#ask(Code.put, `/${objectId}`, 112, payload);
		}
	}

	#operation(): void {
		const choices = this.#choices;
		const code = choices.of(methods);
		const objectId = choices.of([0, 1, 33100, 2, 3, 1, 0, 21]);
		const ids = [objectId, choices.of([0, 1, 2, 7]), choices.of([0, 1, 2, 3, 5, 10, 17, 99]), choices.below(3)];
		const depth = code === Code.put ? choices.of([1, 2, 3, 1, 2, 4, 0]) : choices.of([1, 2, 0, 3, 4]);
		const path = choices.isRare(20) ? choices.of(["/x", "/bs/1", "/1/2/3/4/5"]) : `/${ids.slice(0, depth).join("/")}`;
		if (code !== Code.put) {
			this.#ask(code, path, undefined, undefined, choices.of(accepts));
			return;
		}
		const format = choices.of(formats);
		const all = this.#entries(objectId, true);
		const entries = depth === 3 ? all.map((each) => ({ ...each, path: ids.slice(0, 3) })).slice(0, 1) : all;
		this.#ask(code, path, format, bent(written(format, ids.slice(0, depth), entries, choices), choices));
	}

	/** @param isWild Instances and values of any kind */
	#entries(objectId: number, isWild: boolean): DrawnEntry[] {
		const choices = this.#choices;
		const id = isWild ? choices.of([0, 1, 2, 7]) : choices.of([0, 2]);
		const at = (resourceId: number, value: DrawnEntry["value"]): DrawnEntry => {
			return value === undefined ? { path: [objectId, id, resourceId] } : { path: [objectId, id, resourceId], value };
		};
		const number = isWild && choices.isRare(3) ? choices.of([-1, 0, 65535, 3, 1e15]) : id + 1;
		const entries =
			objectId === 0
				? [at(0, choices.of(uris)), at(1, isWild && choices.isRare(8)), at(2, 3), at(10, number)]
				: objectId === 1
					? [at(0, number), at(1, 60 + number), at(6, true), at(7, isWild && choices.isRare(6) ? "Z" : "U")]
					: objectId === 33100
						? [at(0, "lamp"), at(1, number)]
						: [at(0, 1), at(1, number), at(3, 1)];
		if (isWild && choices.isRare(3)) entries.splice(choices.below(entries.length), 1);
		if (isWild && choices.isRare(6)) entries.push(at(choices.of([99, 4, 8, 17, 0]), choices.of([1, "x", true])));
		return entries;
	}

	#pack(): ResponseOptions {
		const choices = this.#choices;
		if (choices.isRare(3)) return { code: choices.of([Code.notImplemented, Code.notFound, Code.content]) };
		const entries = [...this.#entries(0, choices.isRare(3)), ...this.#entries(1, choices.isRare(3))];
		const contentFormat = choices.of([112, 110, 11544]);
		return { code: Code.content, contentFormat, payload: bent(written(contentFormat, [], entries, choices), choices) };
	}

	#ask(code: number, path: string, contentFormat?: number, payload?: Uint8Array, accept?: number): string {
		const { world } = this.#it;
		const before = world.secondResponses.length;
		const options = {
			...(contentFormat === undefined ? {} : { contentFormat }),
			...(payload === undefined ? {} : { payload }),
			...(accept === undefined ? {} : { accept }),
		};
		const segments = path.split("/").filter((each) => each !== "");
		world.second.request({ code, path: segments, ...options }, world.nowMs);
		world.settle();
		const response = world.secondResponses[before];
		// Before its first word nobody knows where the Bootstrap-Server is, and some do not want to.
		if (response === undefined) {
			world.second.reset();
			return "";
		}
		const answered = codeText(response.code);
		if (!legal.includes(answered)) throw new Error(`${codeText(code)} ${path}: ${answered}`);
		return answered;
	}

	#finish(): void {
		const { store } = this.#it;
		const before = store.count;
		const code = this.#ask(Code.post, "/bs");
		if (code === "2.04" && store.count !== before + 1) throw new Error("2.04 to Finish, and nothing is kept");
		if (code !== "2.04" && store.count !== before) throw new Error(`kept, and ${code} to Finish`);
	}

	#check(): void {
		const { store, state, world } = this.#it;
		const { registry } = world.client;
		const now = this.#it.registry();
		if (store.count === this.#kept) {
			if (now !== this.#before) throw new Error(`changed before Finish:\n${this.#before}\nbecame\n${now}`);
			return;
		}
		this.#kept = store.count;
		this.#before = now;
		const { instances } = state.capture(registry);
		const refused = checkConfiguration(instances, registry, world.client.limits.servers);
		if (refused !== undefined) throw new Error(`applied what is not consistent: ${refused.code}`);
		const other = bootstrapBench({ isOrphan: true });
		other.state.apply(other.world.client.registry, store.kept!);
		if (!isOf(now, other.registry())) throw new Error(`kept is\n${other.registry()}\nand in force\n${now}`);
		if (instances.length > limits.stagedInstances) throw new Error(`${instances.length} Instances`);
	}
}

/** Plays the bytes as what a Bootstrap-Server says, and what happens in between. */
export function bootstrap(bytes: Uint8Array): void {
	new Script(bytes).play();
}

import { assert } from "../bytes.ts";
import type { Value } from "../formats/value.ts";
import { frozen } from "../frozen.ts";
import type { Argument } from "./execute-arguments.ts";
import type {
	ExecutableName,
	GivenOf,
	ObjectFacts,
	ResourceFacts,
	SingleName,
	ValueName,
	ValueOf,
	WritableName,
} from "./facts.ts";
import type { History } from "./history.ts";
import { RequestRefused } from "./refusal.ts";
import { type Held, type Instances, isInstances, sameHeld } from "./value.ts";

/** Told of every change of a value. */
export interface ChangeListener {
	/** -1 for a level says that all below it may have changed. */
	instanceChanged(instance: Instance, resourceId: number, resourceInstanceId: number): void;
}

/** What is done regularly. */
export interface Sampling<It> {
	readonly everyS: number;
	readonly take: (it: It) => void;
	/**
	 * "told": taken also right before a notification of this Instance, and `everyS` counts on from there: no wake of its
	 * own where it is told often enough, and nothing old is told. Left out, it keeps its times.
	 */
	readonly when?: "told";
}

/**
 * How an Object Instance behaves, beside holding values. Every hook but `written` may throw RequestRefused, and that is
 * the answer.
 * @typeParam It the class of the Object Instance, where it is one of its own: its hooks are then one table for all,
 * which stays in ROM (modules/objects/device-3.ts)
 */
export interface InstanceOptions<F extends ObjectFacts, It = ObjectInstance<F>> {
	/** Object Instance ID; 0 when left out. */
	readonly id?: number;
	/**
	 * Values to begin with. A Resource named here with undefined is absent, and a server may bring it into being by
	 * writing it.
	 */
	readonly values?: { readonly [N in ValueName<F>]?: GivenOf<F, N> | undefined };
	/**
	 * Values worked out when somebody reads them; undefined says that there is none now. Tell their changes with
	 * `changed`.
	 */
	readonly read?: { readonly [N in ValueName<F>]?: (it: It) => ValueOf<F, N> | undefined };
	/** Called before anything of a server's Write is applied: throw RequestRefused, and nothing of it is. */
	readonly check?: {
		readonly [N in WritableName<F> & ValueName<F>]?: (value: ValueOf<F, N>, it: It) => void;
	};
	/**
	 * Called after all of a server's Write is applied, too late to refuse: RequestRefused and HostFailure thrown here are
	 * logged as `hostFailure`, the other hooks are called all the same, and the answer says that the Write was done.
	 */
	readonly written?: {
		readonly [N in WritableName<F> & ValueName<F>]?: (value: ValueOf<F, N>, it: It) => void;
	};
	/** What Execute does. A Resource without a function here is absent. */
	readonly execute?: { readonly [N in ExecutableName<F>]?: (it: It, args: readonly Argument[]) => void };
	/** Something to do regularly while the client runs: measure, mostly. */
	readonly sample?: Sampling<It>;
	/** Where the values of a single-instance Resource are kept with their times, each one that is set or written. */
	readonly history?: { readonly [N in SingleName<F>]?: History };
}

/** Hooks that are the same for all of a class: a table in ROM, which takes one slot of an Object Instance. */
export type InstanceHooks<F extends ObjectFacts, It> = Omit<InstanceOptions<F, It>, "id" | "values"> & {
	/** Resources that are absent at first, as if `values` named them with undefined; they take no room before. */
	readonly absent?: readonly ValueName<F>[];
};

/** First values as the untyped core takes them. */
type FirstValues = { readonly [name: string]: Held | readonly Value[] | undefined };

/** The hooks as the untyped core calls them. */
interface Hooks {
	readonly read?: { readonly [name: string]: ((it: Instance) => Held | undefined) | undefined };
	readonly check?: { readonly [name: string]: ((value: Held, it: Instance) => void) | undefined };
	readonly written?: { readonly [name: string]: ((value: Held, it: Instance) => void) | undefined };
	readonly execute?: { readonly [name: string]: ((it: Instance, args: readonly Argument[]) => void) | undefined };
	readonly sample?: Sampling<Instance>;
	readonly history?: { readonly [name: string]: History | undefined };
	readonly absent?: readonly string[];
}

const hookNames = frozen(["read", "check", "written", "execute", "sample", "history"]);
const noHooks: Hooks = frozen({});

/** What of them is there, without the list of first values: that is garbage when they are held. */
function hooksOf(options: Hooks): Hooks {
	const hooks: { [name: string]: unknown } = {};
	let isEmpty = true;
	hookNames.forEach((name) => {
		const hook = options[name];
		if (hook === undefined) return;
		hooks[name] = hook;
		isEmpty = false;
	});
	return isEmpty ? noHooks : hooks;
}

/** In place of a value that a read hook refuses. */
const refused = frozen({ objectId: -1, instanceId: -1 });

/**
 * One Object Instance as the operations see it: Resources by name, whatever the Object. Applications use the typed
 * ObjectInstance. A Resource is *supported* when it may have a value here, and *present* when it has one (or can be
 * executed).
 */
export class Instance {
	readonly facts: ObjectFacts;
	readonly id: number;
	readonly #hooks: Hooks;
	/** What is held; of a Resource with a read hook, what look() saw. */
	readonly #values: { [name: string]: Held | undefined } = {};
	#listener: ChangeListener | undefined;

	constructor(facts: ObjectFacts, id: number, hooks: Hooks, values: FirstValues | undefined) {
		this.facts = facts;
		this.id = id;
		this.#hooks = hooks;
		for (const name in values) {
			assert(facts.resources[name]?.type !== undefined, `object ${facts.id} has no value ${name}`);
			this.#values[name] = toHeld(values[name]);
		}
	}

	/** How often and what to sample, if at all. */
	get sampleEveryS(): number | undefined {
		return this.#hooks.sample?.everyS;
	}

	/** Whether it is sampled before it is told, too. */
	get isSampledWhenTold(): boolean {
		return this.#hooks.sample?.when === "told";
	}

	sample(): void {
		this.#hooks.sample?.take(this);
	}

	/** Says who is told of changes; undefined says nobody. Called by the registry. */
	listen(listener: ChangeListener | undefined): void {
		this.#listener = listener;
	}

	/** @returns undefined for an ID that the Object does not have */
	nameOf(resourceId: number): string | undefined {
		const { resources } = this.facts;
		for (const name in resources) if (resources[name]!.id === resourceId) return name;
		return undefined;
	}

	/** The facts of a Resource that this Object has. */
	factsOf(name: string): ResourceFacts {
		const facts = this.facts.resources[name];
		assert(facts !== undefined, `object ${this.facts.id} has no ${name}`);
		return facts;
	}

	isSupported(name: string): boolean {
		const { absent, execute, read } = this.#hooks;
		if (execute?.[name] !== undefined || read?.[name] !== undefined) return true;
		return name in this.#values || absent?.includes(name) === true;
	}

	isPresent(name: string): boolean {
		return this.#hooks.execute?.[name] !== undefined || this.glance(name) !== undefined;
	}

	read(name: string): Held | undefined {
		const hook = this.#hooks.read?.[name];
		return hook === undefined ? this.#values[name] : hook(this);
	}

	/** The value of a Resource by its ID; undefined where the Object has no such Resource, too. */
	at(resourceId: number): Held | undefined {
		const name = this.nameOf(resourceId);
		return name === undefined ? undefined : this.read(name);
	}

	/**
	 * Gives the Resource a value, or none; tells whoever listens when that is news. A Resource with a read hook holds
	 * none itself.
	 */
	hold(name: string, held: Held | undefined): void {
		if (held !== undefined && !isInstances(held)) this.#hooks.history?.[name]?.note(held);
		const before = this.#values[name];
		if (this.#hooks.read?.[name] !== undefined || sameHeld(before, held)) return;
		this.#values[name] = held;
		if (before === undefined || held === undefined || !isInstances(before) || !isInstances(held)) this.tell(name);
		else this.tellDifference(name, before, held);
	}

	/** Looks at a Resource with a read hook, and tells whoever listens when it reads differently than last time. */
	look(name: string): void {
		const held = this.glance(name);
		if (held === refused || sameHeld(this.#values[name], held)) return;
		this.#values[name] = held;
		this.tell(name);
	}

	/** The value as far as the application tells it: undefined also where a read hook refuses. */
	peek(name: string): Held | undefined {
		const held = this.glance(name);
		return held === refused ? undefined : held;
	}

	/** What is held; of a Resource with a read hook nothing, because that changes by itself. */
	held(name: string): Held | undefined {
		return this.#hooks.read?.[name] === undefined ? this.#values[name] : undefined;
	}

	/** Reads where nobody waits for an answer: a hook that refuses says no more than that there is something. */
	private glance(name: string): Held | typeof refused | undefined {
		try {
			return this.read(name);
		} catch (error) {
			if (error instanceof RequestRefused) return refused;
			throw error;
		}
	}

	/** The past values of a Resource, where the application keeps them. */
	historyOf(name: string): History | undefined {
		return this.#hooks.history?.[name];
	}

	/** Says that the value of the Resource, or of one of its Resource Instances, is another one now. */
	tell(name: string, resourceInstanceId = -1): void {
		this.#listener?.instanceChanged(this, this.factsOf(name).id, resourceInstanceId);
	}

	private tellDifference(name: string, before: Instances, held: Instances): void {
		for (const [id, value] of before) if (!sameHeld(value, held.get(id))) this.tell(name, id);
		for (const id of held.keys()) if (!before.has(id)) this.tell(name, id);
	}

	/** @throws RequestRefused when the application does not want this value */
	check(name: string, held: Held): void {
		this.#hooks.check?.[name]?.(held, this);
	}

	/** Runs what the application does after a server's Write. */
	written(name: string, held: Held): void {
		try {
			this.#hooks.written?.[name]?.(held, this);
		} finally {
			if (this.#hooks.read?.[name] !== undefined) this.tell(name);
		}
	}

	execute(name: string, args: readonly Argument[]): void {
		this.#hooks.execute?.[name]?.(this, args);
	}
}

/**
 * One Object Instance as an application writes it: facts from a table, values, and hooks where it does something.
 *
 *     new ObjectInstance(TEMPERATURE, { values: { sensorValue: 21.5, sensorUnits: "Cel" } })
 */
export class ObjectInstance<F extends ObjectFacts, It = ObjectInstance<F, unknown>> extends Instance {
	/** @param hooks in place of those among the options */
	constructor(facts: F, options: InstanceOptions<F, It> = {}, hooks?: InstanceHooks<F, It>) {
		// The core calls hooks by name and with the facts in hand: what the types above promise to the application is
		// kept by isAcceptable().
		super(facts, options.id ?? 0, (hooks ?? hooksOf(options as unknown as Hooks)) as Hooks, options.values);
	}

	/** @returns the value, or undefined while the Resource is absent */
	get<N extends ValueName<F>>(name: N): ValueOf<F, N> | undefined {
		return this.read(name) as ValueOf<F, N> | undefined;
	}

	/** Sets a value; observers hear of it when it is another one. A multiple-instance Resource takes a list or a map. */
	set<N extends ValueName<F>>(name: N, value: GivenOf<F, N>): void {
		this.hold(name, toHeld(value as Held | readonly Value[]));
	}

	/** Takes the Resource away. */
	clear(name: ValueName<F>): void {
		this.hold(name, undefined);
	}

	/** Says that a Resource with a read hook would now read differently. */
	changed(name: ValueName<F>): void {
		this.tell(name);
	}
}

/**
 * A list becomes a map with the positions as Resource Instance IDs; a map is copied, so that nobody else changes it.
 */
function toHeld(given: Held | readonly Value[] | undefined): Held | undefined {
	if (given === undefined) return undefined;
	if (isInstances(given)) return new Map(given);
	if (!Array.isArray(given)) return given as Value;
	const instances: Instances = new Map(given.map((value, id): [number, Value] => [id, value]));
	return instances;
}

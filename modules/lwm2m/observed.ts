import type { ResponseOptions } from "../coap/peer.ts";
import type { Path } from "../formats/value.ts";
import type { AttributeSet } from "./attributes.ts";
import type { Marks } from "./judge.ts";
import type { Between } from "./observation-timing.ts";
import type { Observable } from "./operation.ts";
import { rootPath, samePath } from "./path.ts";
import type { KeptObservation } from "./reporting-state.ts";
import type { Representation } from "./time-series.ts";
import type { Held } from "./value.ts";

/** What observations need from the reporting around them. */
export interface ObservationPort {
	/** The defaults of the Server Object. */
	readonly defaults: AttributeSet;
	/** Who moves notifications together, if anybody does. */
	readonly between: Between | undefined;
	/** The attributes in force at a path, defaults of the Server Object included. */
	attributesInForce(path: Path): AttributeSet;
	/** Whether something below `path` asks for Confirmable messages. */
	isConfirmable(path: Path): boolean;
	/**
	 * A fresh Read; 5.xx says that this one failed, 4.xx that there is nothing to read any more.
	 * @param observed tells past values since `historyAtMs`, and notes how far
	 */
	readObserved(what: Observable, observed: Observed): ResponseOptions;
	/** The value at `path`, for gt, lt, st and edge. */
	valueAt(path: Path): Held | undefined;
	/** Looks at what is worked out by reading at or below `path`, and tells of changes. */
	look(path: Path): void;
	/** The newest past value that is kept for something at or below these paths; undefined where none is kept. */
	newestAtMs(paths: readonly Path[]): number | undefined;
	/**
	 * A number that is another one when the values are.
	 * @param isLooking whether those count that are worked out by reading: their changes are only seen by looking
	 */
	digestOf(paths: readonly Path[], isLooking: boolean): number;
	/** What was kept for an observation, as its next notification. */
	gather(kept: readonly Representation[], base: Path): { readonly payload: Uint8Array; readonly count: number };
	notify(observation: Observed, response: ResponseOptions, type: "confirmable" | "nonConfirmable"): void;
	/** The observation is void; nothing was sent about it. */
	observationDropped(observation: Observed): void;
	/** The target is gone; the notification that said so was the last. */
	observationEnded(observation: Observed): void;
	/** So many notifications that were kept were one too many. */
	notificationsDropped(observation: Observed, count: number): void;
}

/** How much is kept, from ClientLimits. */
export interface ObservationLimits {
	readonly observations: number;
	readonly keptNotifications: number;
	readonly keptBytes: number;
}

/** One path of an Observe-Composite. */
export interface Part extends Path {
	attributes?: AttributeSet | undefined;
	marks?: Marks | undefined;
}

/** What only some observations have. */
export interface More {
	/** What an Observe-Composite names. */
	readonly parts: readonly Part[] | undefined;
	/** The attributes of the Observe itself. */
	readonly own: AttributeSet | undefined;
	/** Of epmin and epmax: when it was last looked at; undefined where neither is in force. */
	evaluatedAtMs: number | undefined;
	/** A change waits for epmin. */
	isUnseen: boolean;
	/** Up to when past values are told, on their clock's scale; undefined where the application keeps none. */
	historyAtMs: number | undefined;
	/** Notifications that could not be sent, oldest first. */
	kept: Representation[];
	/** How many of those were one too many. */
	dropped: number;
	/** Its registration is over: it keeps what the same Observe will then tell. "offered": one has come since. */
	dormant: "" | "waiting" | "offered";
	/** Nothing more can be kept until a notification has been sent: the target is gone. */
	isGone: boolean;
}

/** What is observed, and under which token. */
export interface Observed extends Path {
	readonly token: Uint8Array;
	more?: More | undefined;
}

/** One observation: 11 slots of RAM as long as it is a plain one; what is undefined takes none. */
export interface Observation extends Observed {
	accept?: number;
	sequence: number;
	/** What is in force, looked up again after every change of attributes. */
	attributes?: AttributeSet | undefined;
	/** Something is to be told as soon as pmin allows. */
	isPending: boolean;
	notifiedAtMs: number;
	confirmedAtMs: number;
	/** For gt, lt, st and edge; absent while none of them is in force. */
	marks?: Marks | undefined;
}

/** A new one. @param token kept */
export function observationOf(
	token: Uint8Array,
	{ paths, isComposite, accept }: Observable,
	nowMs: number,
): Observation {
	const { objectId, instanceId, resourceId, resourceInstanceId } = isComposite ? rootPath : paths[0]!;
	const observation: Observation = {
		objectId,
		instanceId,
		resourceId,
		resourceInstanceId,
		token,
		sequence: 0,
		isPending: false,
		notifiedAtMs: nowMs,
		confirmedAtMs: nowMs,
	};
	if (accept !== undefined) observation.accept = accept;
	return observation;
}

export function moreOf(paths: readonly Path[] | undefined, own: AttributeSet | undefined): More {
	return {
		parts: paths?.map((path) => ({ ...path, attributes: undefined, marks: undefined })),
		own,
		evaluatedAtMs: undefined,
		isUnseen: false,
		historyAtMs: undefined,
		kept: [],
		dropped: 0,
		dormant: "",
		isGone: false,
	};
}

export function isDormant({ more }: Observation): boolean {
	return more !== undefined && more.dormant !== "";
}

export function hasKept({ more }: Observation): boolean {
	return more !== undefined && more.kept.length > 0;
}

/** Whether it is of these paths, in this order, and in this format. */
export function isAbout(observation: Observation, { paths, isComposite, accept }: Observable): boolean {
	const parts = observation.more?.parts;
	if (observation.accept !== accept || (parts !== undefined) !== isComposite) return false;
	const own: readonly Path[] = parts ?? [observation];
	return own.length === paths.length && own.every((path, index) => samePath(path, paths[index]!));
}

/** What is kept of an observation: where hqmax is in force for some paths of an Observe-Composite, those alone. */
export function keptOf(observation: Observation): Observable {
	const { more, accept } = observation;
	const parts = more?.parts;
	if (parts === undefined) return { paths: [observation], isComposite: false, accept };
	const isChosen = more?.own?.hqmax === undefined && parts.some(({ attributes }) => attributes?.hqmax !== undefined);
	const paths = isChosen ? parts.filter(({ attributes }) => (attributes?.hqmax ?? 0) > 0) : parts;
	return { paths, isComposite: true, accept };
}

/**
 * Keeps a notification; at a limit the oldest goes.
 * @param all observations whose notifications share `most.bytes`
 * @param most how many of this observation, and how many bytes of all
 */
export function hold(
	all: readonly Observation[],
	observation: Observation,
	one: Representation,
	most: { readonly count: number; readonly bytes: number },
): void {
	const more = observation.more!;
	more.kept.push(one);
	while (more.kept.length > most.count) dropOldest(more);
	let bytes = 0;
	for (let index = 0; index < all.length; index++) {
		const { more } = all[index]!;
		for (const { payload } of more?.kept ?? []) bytes += payload.length;
	}
	while (bytes > most.bytes) {
		let oldest: More | undefined;
		for (let index = 0; index < all.length; index++) {
			const { more } = all[index]!;
			const first = more?.kept[0];
			if (first !== undefined && first.atMs < (oldest?.kept[0]?.atMs ?? Infinity)) oldest = more;
		}
		if (oldest === undefined) return;
		bytes -= oldest.kept[0]!.payload.length;
		dropOldest(oldest);
	}
}

function dropOldest(more: More): void {
	more.kept.shift();
	more.dropped++;
}

/** What of it outlives a reset. @param digest of its values now */
export function exported(observation: Observation, digest: number, nowMs: number): KeptObservation {
	const { token, more, accept, sequence, isPending } = observation;
	const paths: readonly Part[] = more?.parts ?? [observation];
	const evaluatedAtMs = more?.evaluatedAtMs;
	return {
		token,
		paths,
		isComposite: more?.parts !== undefined,
		isDormant: isDormant(observation),
		accept,
		sequence,
		own: more?.own,
		notifiedAgoMs: nowMs - observation.notifiedAtMs,
		confirmedAgoMs: nowMs - observation.confirmedAtMs,
		evaluatedAgoMs: evaluatedAtMs === undefined ? undefined : nowMs - evaluatedAtMs,
		isPending,
		isUnseen: more?.isUnseen === true,
		isGone: more?.isGone === true,
		marks: paths.map(({ marks }) => marks),
		digest,
		dropped: more?.dropped ?? 0,
		kept: (more?.kept ?? []).map(({ atMs, contentFormat, payload }) => ({
			agoMs: nowMs - atMs,
			contentFormat,
			payload,
		})),
	};
}

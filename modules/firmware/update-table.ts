import { frozen } from "../frozen.ts";
import type { ImageVerdict } from "../host.ts";

/**
 * Where an update stands, finer than State (Object 5, Resource 3; LwM2M Core 1.2 Appendix E.6): receiving (pushed),
 * fetching (pulled) and checking are Downloading; downloaded and deferred are Downloaded. installed is software's alone
 * (Object 9, Resource 7).
 */
export type UpdateState =
	| "idle"
	| "receiving"
	| "fetching"
	| "checking"
	| "downloaded"
	| "deferred"
	| "updating"
	| "installed";

/** The states of firmware. */
export type FirmwareState = Exclude<UpdateState, "installed">;

/**
 * push, pull, reset, update, cancel: what a server does. whole: all bytes are in the slot; sound: they verify; failed:
 * with an Update Result; go, later: what the gate says; updated: the new image has proved its worth; stuck: it could
 * not be started.
 */
export type UpdateEvent =
	| "push"
	| "pull"
	| "reset"
	| "update"
	| "cancel"
	| "whole"
	| "sound"
	| "failed"
	| "go"
	| "later"
	| "updated"
	| "stuck";

export type UpdateAction =
	| "receive"
	| "fetch"
	| "clear"
	| "drop"
	| "check"
	| "settle"
	| "deliver"
	| "fail"
	| "ask"
	| "install"
	| "defer"
	| "succeed"
	| "finish"
	| "stay";

/** refuse: 4.05, nothing changes. impossible: our own bug. */
export type UpdateCell = readonly [UpdateAction, UpdateState] | "refuse" | "ignore" | "impossible";

/** A table for an Updater. */
export type UpdateTable = { readonly [state in UpdateState]?: Record<UpdateEvent, UpdateCell> };

/** State (Resource 3). */
export const stateNumbers: { readonly [state in UpdateState]: number } = frozen({
	idle: 0,
	receiving: 1,
	fetching: 1,
	checking: 1,
	downloaded: 2,
	deferred: 2,
	updating: 3,
	installed: 0,
});

/** Update Result (Resource 5). The registry's 1.2 ends at 11. */
export const UpdateResult = frozen({
	initial: 0,
	updated: 1,
	noFlash: 2,
	noRam: 3,
	connectionLost: 4,
	integrity: 5,
	packageType: 6,
	invalidUri: 7,
	failed: 8,
	protocol: 9,
	cancelled: 10,
	deferred: 11,
});

/** What a check of the package comes to. */
export const verdictResults: Readonly<Record<ImageVerdict, number>> = frozen({
	ok: 0,
	image: UpdateResult.integrity,
	signature: UpdateResult.integrity,
	product: UpdateResult.packageType,
	counter: UpdateResult.integrity,
	size: UpdateResult.noFlash,
});

const CLEAR = frozen(["clear", "idle"]);
const DROP = frozen(["drop", "idle"]);
const FAIL = frozen(["fail", "idle"]);
const CHECK = frozen(["check", "checking"]);
const INSTALL = frozen(["install", "updating"]);
const RECEIVE = frozen(["receive", "receiving"]);

/** What no state but updating and the download's own can hear. */
const rest = frozen({ sound: "impossible", go: "impossible", later: "impossible" });
const notUpdating = frozen({ updated: "impossible", stuck: "impossible" });

/** The figure of Appendix E.6, complete. A second push replaces one under way (RFC 7959 §2.5), nothing else does. */
export const UPDATE: Record<FirmwareState, Record<UpdateEvent, UpdateCell>> = frozen({
	idle: {
		push: RECEIVE,
		pull: ["fetch", "fetching"],
		reset: CLEAR,
		update: "refuse",
		cancel: "refuse",
		whole: "impossible",
		failed: "impossible",
		...rest,
		...notUpdating,
	},
	receiving: {
		push: RECEIVE,
		pull: "refuse",
		reset: CLEAR,
		update: "refuse",
		cancel: DROP,
		whole: CHECK,
		failed: FAIL,
		...rest,
		...notUpdating,
	},
	fetching: {
		push: "refuse",
		pull: "refuse",
		reset: CLEAR,
		update: "refuse",
		cancel: DROP,
		whole: CHECK,
		failed: FAIL,
		...rest,
		...notUpdating,
	},
	checking: {
		push: "refuse",
		pull: "refuse",
		reset: CLEAR,
		update: "refuse",
		cancel: DROP,
		whole: "impossible",
		failed: FAIL,
		...rest,
		sound: ["settle", "downloaded"],
		...notUpdating,
	},
	downloaded: {
		push: "refuse",
		pull: "refuse",
		reset: CLEAR,
		update: ["ask", "downloaded"],
		cancel: DROP,
		whole: "impossible",
		failed: "impossible",
		sound: "impossible",
		go: INSTALL,
		later: ["defer", "deferred"],
		...notUpdating,
	},
	deferred: {
		push: "refuse",
		pull: "refuse",
		reset: CLEAR,
		update: ["ask", "deferred"],
		cancel: DROP,
		whole: "impossible",
		failed: "impossible",
		sound: "impossible",
		go: INSTALL,
		later: "ignore",
		...notUpdating,
	},
	updating: {
		push: "refuse",
		pull: "refuse",
		reset: "refuse",
		update: "refuse",
		cancel: "refuse",
		whole: "impossible",
		failed: FAIL,
		...rest,
		updated: ["succeed", "idle"],
		stuck: ["stay", "downloaded"],
	},
});

import { frozen } from "../frozen.ts";
import type { UpdateCell, UpdateEvent, UpdateState } from "./update-table.ts";

const CLEAR = frozen(["clear", "idle"]);
const FAIL = frozen(["fail", "idle"]);
const CHECK = frozen(["check", "checking"]);
const INSTALL = frozen(["install", "updating"]);
const RECEIVE = frozen(["receive", "receiving"]);
const STAY = frozen(["stay", "downloaded"]);

/** What is the same in most states. */
const refuse = frozen({
	push: "refuse",
	pull: "refuse",
	reset: "refuse",
	update: "refuse",
	cancel: "refuse",
	whole: "impossible",
	sound: "impossible",
	failed: "impossible",
	go: "impossible",
	later: "impossible",
	updated: "impossible",
	stuck: "impossible",
});

/**
 * Software (Object 9; OMA LwM2M SwMgmt 1.0 §5.1.2): INITIAL is idle, DOWNLOAD STARTED receiving and fetching,
 * DOWNLOADED checking, DELIVERED downloaded, deferred and updating, INSTALLED installed. reset is Uninstall, update
 * Install.
 */
export const SOFTWARE: Record<UpdateState, Record<UpdateEvent, UpdateCell>> = frozen({
	idle: { ...refuse, push: RECEIVE, pull: ["fetch", "fetching"] },
	receiving: { ...refuse, push: RECEIVE, whole: CHECK, failed: FAIL },
	fetching: { ...refuse, whole: CHECK, failed: FAIL },
	checking: { ...refuse, sound: ["deliver", "downloaded"], failed: FAIL },
	downloaded: { ...refuse, reset: CLEAR, update: ["ask", "downloaded"], go: INSTALL, later: ["defer", "deferred"] },
	deferred: { ...refuse, reset: CLEAR, update: ["ask", "deferred"], go: INSTALL, later: "ignore" },
	updating: { ...refuse, updated: ["finish", "installed"], failed: STAY, stuck: STAY },
	installed: { ...refuse, reset: CLEAR },
});

/** Update State (Object 9, Resource 7). */
export const softwareStates: { readonly [state in UpdateState]: number } = frozen({
	idle: 0,
	receiving: 1,
	fetching: 1,
	checking: 2,
	downloaded: 3,
	deferred: 3,
	updating: 3,
	installed: 4,
});

/** Update Result (Object 9, Resource 9) while nothing has failed, by Update State. */
const goodResults: readonly number[] = frozen([0, 1, 1, 3, 2]);
/** Those of failures, by UpdateResult: storage, RAM, connection, integrity, type, URI, installation. */
const badResults: readonly number[] = frozen([0, 0, 50, 51, 52, 53, 54, 56, 58, 56]);

/** Update Result as Object 9 numbers it. */
export function softwareResult(state: UpdateState, result: number): number {
	const bad = badResults[result] ?? 0;
	return bad === 0 ? goodResults[softwareStates[state]]! : bad;
}

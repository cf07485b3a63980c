import { SOFTWARE, softwareResult, softwareStates } from "../../../modules/firmware/software-table.ts";
import {
	stateNumbers,
	UPDATE,
	type UpdateCell,
	type UpdateEvent,
	UpdateResult,
	type UpdateState,
	type UpdateTable,
} from "../../../modules/firmware/update-table.ts";
import { deepEqual, equal, ok, test } from "../../harness.ts";

const states = ["idle", "receiving", "fetching", "checking", "downloaded", "deferred", "updating"] as const;
const events: readonly UpdateEvent[] = [
	"push",
	"pull",
	"reset",
	"update",
	"cancel",
	"whole",
	"sound",
	"failed",
	"go",
	"later",
	"updated",
	"stuck",
];

/** Short for a cell: the State it goes to, "!" refused, "x" impossible, "-" ignored. */
function word(cell: UpdateCell | undefined, numbers: { readonly [state in UpdateState]: number }): string {
	if (cell === "refuse") return "!";
	if (cell === "ignore") return "-";
	if (cell === "impossible" || cell === undefined) return "x";
	return String(numbers[cell[1]]);
}

const rowOf = (table: UpdateTable, state: UpdateState, numbers: { readonly [state in UpdateState]: number }) =>
	events.map((event) => word(table[state]?.[event], numbers)).join(" ");

test("[FWU-5] every cell of the figure (LwM2M Core 1.2 Appendix E.6)", () => {
	// push pull reset update cancel whole sound failed go later updated stuck
	const figure: Record<(typeof states)[number], string> = {
		idle: "1 1 0 ! ! x x x x x x x",
		receiving: "1 ! 0 ! 0 1 x 0 x x x x",
		fetching: "! ! 0 ! 0 1 x 0 x x x x",
		checking: "! ! 0 ! 0 x 2 0 x x x x",
		downloaded: "! ! 0 2 0 x x x 3 2 x x",
		deferred: "! ! 0 2 0 x x x 3 - x x",
		updating: "! ! ! ! ! x x 0 x x 0 2",
	};
	for (const state of states) equal(rowOf(UPDATE, state, stateNumbers), figure[state], state);
	deepEqual(Object.keys(UPDATE), [...states]);
	for (const state of states) deepEqual(Object.keys(UPDATE[state]).sort(), [...events].sort(), state);
});

test("[Sw-Mgmt-001] every cell of the software's (OMA SwMgmt 1.0 §5.1.2)", () => {
	const figure: Record<UpdateState, string> = {
		idle: "1 1 ! ! ! x x x x x x x",
		receiving: "1 ! ! ! ! 2 x 0 x x x x",
		fetching: "! ! ! ! ! 2 x 0 x x x x",
		checking: "! ! ! ! ! x 3 0 x x x x",
		downloaded: "! ! 0 3 ! x x x 3 3 x x",
		deferred: "! ! 0 3 ! x x x 3 - x x",
		updating: "! ! ! ! ! x x 3 x x 4 3",
		installed: "! ! 0 ! ! x x x x x x x",
	};
	for (const state of Object.keys(figure) as UpdateState[]) {
		equal(rowOf(SOFTWARE, state, softwareStates), figure[state], state);
	}
});

test("[FWU-5] every state can be reached, and left", () => {
	for (const table of [UPDATE, SOFTWARE] as UpdateTable[]) {
		const seen = new Set<UpdateState>(["idle"]);
		for (const state of seen) {
			for (const event of events) {
				const cell = table[state]![event];
				if (typeof cell !== "string") seen.add(cell[1]);
			}
		}
		equal(seen.size, Object.keys(table).length);
		for (const state of seen)
			ok(
				events.some((event) => typeof table[state]![event] !== "string"),
				state,
			);
	}
});

test("[Sw-Mgmt-001] results by state, and those of failures by Update Result", () => {
	deepEqual(
		(["idle", "fetching", "checking", "downloaded", "installed"] as const).map((state) => softwareResult(state, 0)),
		[0, 1, 1, 3, 2],
	);
	equal(softwareResult("installed", UpdateResult.updated), 2);
	const { noFlash, noRam, connectionLost, integrity, packageType, invalidUri, protocol } = UpdateResult;
	deepEqual(
		[noFlash, noRam, connectionLost, integrity, packageType, invalidUri, protocol].map((result) =>
			softwareResult("idle", result),
		),
		[50, 51, 52, 53, 54, 56, 56],
	);
	equal(softwareResult("downloaded", UpdateResult.failed), 58);
	equal(softwareResult("downloaded", UpdateResult.deferred), 3, "a deferral is no failure");
});

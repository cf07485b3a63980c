import { AssertionFailed } from "../../../modules/bytes.ts";
import { ANSWERING, cellOf, EXCHANGE } from "../../../modules/coap/exchange.ts";
import { deepEqual, equal, test, throws } from "../../harness.ts";

type Table = Record<string, Record<string, readonly [string, string] | "ignore" | "impossible">>;

/** States that a walk from `start` meets, over every cell there is. */
function reachable(table: Table, start: string): string[] {
	const found = [start];
	for (let index = 0; index < found.length; index++) {
		for (const cell of Object.values(table[found[index]!]!)) {
			if (typeof cell !== "string" && !found.includes(cell[1])) found.push(cell[1]);
		}
	}
	return found.sort();
}

test("every state of the exchange tables can be reached", () => {
	deepEqual(reachable(EXCHANGE, "idle"), Object.keys(EXCHANGE).sort());
	const answering = new Set([...reachable(ANSWERING, "owing"), ...reachable(ANSWERING, "nonConfirmable")]);
	deepEqual([...answering].sort(), Object.keys(ANSWERING).sort());
});

test("all rows answer the same events, and lead to states that exist", () => {
	for (const table of [EXCHANGE, ANSWERING] as unknown as Table[]) {
		const events = Object.keys(Object.values(table)[0]!).sort();
		for (const [state, row] of Object.entries(table)) {
			deepEqual(Object.keys(row).sort(), events, state);
			for (const cell of Object.values(row)) if (typeof cell !== "string") equal(cell[1] in table, true, cell[1]);
		}
	}
});

test("an impossible cell is our own bug", () => {
	throws(
		() => cellOf(EXCHANGE, "idle", "started"),
		(error) => error instanceof AssertionFailed,
	);
	equal(cellOf(EXCHANGE, "acknowledged", "rejected"), undefined);
	deepEqual(cellOf(EXCHANGE, "transmitted", "answered"), ["deliver", "idle"]);
});

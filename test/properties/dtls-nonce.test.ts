/**
 * No nonce twice, whatever happens to power, flash and retained RAM: thousands of lives of boards that stop anywhere.
 * Invariants: no key and nonce are ever sealed with twice, sent or not; with a receive reservation, no record of the
 * peer is believed twice. And the sweep can fail: each way to get it wrong is found.
 */
import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_RESERVATION } from "../../modules/dtls/reservation.ts";
import { decodeState, stateSequence, updateState } from "../../modules/dtls/session-state.ts";
import { type StateHome, TwoHomes } from "../../modules/dtls/state-homes.ts";
import { type Fate, Findings, FlashSlots, RetainedRam } from "./dtls-nonce.ts";
import { associations } from "./dtls-nonce-association.ts";
import { Board, type Setup } from "./dtls-nonce-board.ts";

const small = { sealedRecords: 7, openedRecords: 3 };
const far = { sealedRecords: 30, openedRecords: 4 };

const homes = {
	ram: (fate: Fate) => {
		const ram = new RetainedRam(fate);
		return { home: ram, ram };
	},
	flash: (fate: Fate) => ({ home: new FlashSlots(fate), ram: undefined }),
	both: (fate: Fate) => {
		const ram = new RetainedRam(fate);
		return { home: new TwoHomes(ram, new FlashSlots(fate), far), ram };
	},
};

function sweep(setup: Setup, { boards = 60, lives = 40 } = {}): Findings {
	const findings = new Findings();
	for (let seed = 1; seed <= boards; seed++) {
		const board = new Board(setup, seed, findings);
		for (let life = 0; life < lives; life++) board.live();
	}
	return findings;
}

const places = {
	all: [
		"before the state is loaded",
		"after the state was restored",
		"between two actions",
		"between sealing and sending",
		"after sending",
		"between saving and believing",
		"after believing",
		"after the state was saved for sleep",
	],
	ram: ["before retained RAM is written", "while retained RAM is written", "after retained RAM was written"],
	flash: [
		"before flash is written",
		"while flash is written",
		"before the older slot is erased",
		"after flash was written",
	],
};

/** Both invariants, and that the sweep was one. */
function assertUnique(found: Findings, name: string): void {
	equal(found.repeats, 0);
	equal(found.replays, 0);
	const { handshake, restored, restoredBefore } = found.lives;
	ok(restored > 500 && handshake > 50 && restoredBefore > 10, JSON.stringify(found.lives));
	ok(found.sent.size > 2000 && found.believed.size > 500, `${found.sent.size} sent, ${found.believed.size} believed`);
	const wanted = [...places.all, ...(name === "flash" ? [] : places.ram), ...(name === "ram" ? [] : places.flash)];
	for (const place of wanted) ok((found.stops.get(place) ?? 0) > 0, `never stopped ${place}`);
	const { afterCut } = found;
	ok(afterCut.new > 0 && (name === "ram" ? afterCut.nothing : afterCut.old) > 0, JSON.stringify(afterCut));
}

const reservations = { small, one: { sealedRecords: 1, openedRecords: 1 }, default: DEFAULT_RESERVATION };

for (const [name, make] of Object.entries(homes)) {
	for (const [which, tuning] of Object.entries(reservations)) {
		test(`no nonce is used twice, no record believed twice: ${name}, ${which} reservations`, () => {
			assertUnique(sweep({ homes: make, tuning }), name);
		});
	}

	test(`no nonce is used twice, no record believed twice: ${name}, associations`, () => {
		assertUnique(sweep({ homes: make, sessions: associations }), name);
	});
}

test("without a receive reservation nonces are still safe, and what came since the last save can be replayed", () => {
	for (const make of Object.values(homes)) {
		const found = sweep({ homes: make, tuning: { sealedRecords: 7, openedRecords: 0 } });
		equal(found.repeats, 0);
		ok(found.replays > 0, "the sweep proved nothing");
	}
});

/** The sweep must notice each of these. */
const mistakes: Record<string, Setup> = {
	"the state that is saved is the current one, not one ahead": {
		homes: homes.flash,
		bend: (state, life) => {
			const copy = state.slice();
			const session = decodeState(copy);
			if (!("code" in session)) updateState(copy, life.next(), session.received);
			return copy;
		},
	},
	"a restored session begins without saving anew": {
		homes: homes.flash,
		bend: (state, life) => (life.saves === 0 ? undefined : state),
	},
	"the home says that it saved, and did not": {
		homes: (fate) => {
			const { home } = homes.flash(fate);
			return {
				home: { load: () => home.load(), save: (state) => fate.below(4) === 0 || home.save(state) },
				ram: undefined,
			};
		},
	},
	"flash is not further on than retained RAM": {
		homes: (fate) => {
			const ram = new RetainedRam(fate);
			return { home: new EveryFifthInFlash(ram, new FlashSlots(fate)), ram };
		},
	},
	"flash goes back to an older state": { homes: (fate) => ({ home: new Keepsake(fate), ram: undefined }) },
	"an exported state is kept beside later ones": {
		homes: (fate) => ({ home: new FirstExport(fate), ram: undefined }),
	},
};

/** Writes flash now and then, as it is. */
class EveryFifthInFlash implements StateHome {
	private count = 0;
	private readonly ram: StateHome;
	private readonly flash: StateHome;

	constructor(ram: StateHome, flash: StateHome) {
		this.ram = ram;
		this.flash = flash;
	}

	save(state: Uint8Array): void {
		if (this.count++ % 5 === 0) this.flash.save(state);
		this.ram.save(state);
	}

	load(): Uint8Array | undefined {
		return this.ram.load() ?? this.flash.load();
	}
}

/** Keeps the older slot, and finds the younger one unreadable at times. */
class Keepsake extends FlashSlots {
	protected override retire(): void {}

	override load(): Uint8Array | undefined {
		if (this.fate.below(6) === 0) {
			const [first, second] = this.slots;
			const older = (first?.age ?? 0) < (second?.age ?? 0) ? first : second;
			if (older !== undefined && !("code" in decodeState(older.bytes))) return older.bytes.slice();
		}
		return super.load();
	}
}

/** Comes back now and then with the lowest state it ever saw. */
class FirstExport extends FlashSlots {
	private kept: Uint8Array | undefined;

	override save(state: Uint8Array): void {
		if (this.kept === undefined || stateSequence(state) < stateSequence(this.kept)) this.kept = state.slice();
		super.save(state);
	}

	override load(): Uint8Array | undefined {
		return this.fate.below(6) === 0 ? (this.kept?.slice() ?? super.load()) : super.load();
	}
}

for (const [name, setup] of Object.entries(mistakes)) {
	for (const [over, sessions] of Object.entries({ protections: undefined, associations })) {
		test(`the sweep notices, over ${over}: ${name}`, () => {
			const found = sweep({ tuning: small, ...setup, ...(sessions === undefined ? {} : { sessions }) });
			ok(found.repeats > 0, `${found.sent.size} records, and no repeat`);
		});
	}
}

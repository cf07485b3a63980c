import { type Check, check, expect, sameBytes } from "./check.ts";

/** NIST SP 800-90B §4.4: with 8 bits of entropy a byte, a healthy source trips one of these once in 2^20 looks. */
const sameInARowMax = 3;
const windowBytes = 512;
const sameInWindowMax = 18;

export function chanceChecks(): readonly Check[] {
	return [
		check("entropy: every byte of the view is filled, and none beside it", ({ entropy }) => {
			const all = new Uint8Array(96);
			const seen = new Uint8Array(all.length);
			for (let draw = 0; draw < 64; draw++) {
				entropy.fill(all.subarray(16, 80));
				for (let index = 0; index < all.length; index++) seen[index]! |= all[index]!;
			}
			for (let index = 0; index < all.length; index++) {
				const isInside = index >= 16 && index < 80;
				expect(isInside || seen[index] === 0, `byte ${index} beside the view changed`);
				expect(!isInside || seen[index] === 0xff, `a bit of byte ${index} was never set in 64 draws`);
			}
			entropy.fill(new Uint8Array(0));
		}),
		check("entropy: the health tests of SP 800-90B", ({ entropy }) => {
			const bytes = new Uint8Array(windowBytes);
			for (let window = 0; window < 8; window++) {
				entropy.fill(bytes);
				let inARow = 1;
				let same = 0;
				for (let index = 0; index < windowBytes; index++) {
					inARow = index > 0 && bytes[index] === bytes[index - 1] ? inARow + 1 : 1;
					expect(inARow <= sameInARowMax, `byte ${bytes[index]} came ${inARow} times in a row`);
					if (bytes[index] === bytes[0]) same++;
				}
				expect(same <= sameInWindowMax, `byte ${bytes[0]} is ${same} of ${windowBytes}`);
			}
		}),
		check("entropy: draws differ", ({ entropy }) => {
			const before = new Uint8Array(8);
			const now = new Uint8Array(8);
			for (let draw = 0; draw < 200; draw++) {
				entropy.fill(now);
				expect(!sameBytes(before, now), "the same 8 bytes twice in a row");
				before.set(now);
			}
		}),
		check("dice: below the bound, and every side comes", ({ dice }) => {
			for (const bound of [1, 2, 6, 60]) {
				const sides = new Uint8Array(bound);
				for (let draw = 0; draw < bound * 40; draw++) {
					const side = dice.below(bound);
					expect(Number.isInteger(side) && side >= 0 && side < bound, `below(${bound}) gave ${side}`);
					sides[side] = 1;
				}
				for (let side = 0; side < bound; side++) expect(sides[side] === 1, `below(${bound}) never gave ${side}`);
			}
			const wide = dice.below(2 ** 31);
			expect(wide >= 0 && wide < 2 ** 31, `below(2^31) gave ${wide}`);
		}),
		check("dice are no keys: entropy and dice do not run together", ({ dice, entropy }) => {
			const drawn = new Uint8Array(16);
			const thrown = new Uint8Array(16);
			for (let index = 0; index < thrown.length; index++) thrown[index] = dice.below(256);
			entropy.fill(drawn);
			expect(!sameBytes(drawn, thrown), "the same bytes");
		}),
	];
}

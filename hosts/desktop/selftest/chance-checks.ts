import { type Check, check, expect, sameBytes } from "./check.ts";

export function chanceChecks(): readonly Check[] {
	return [
		check("entropy fills every byte of the view, and none beside it", ({ entropy }) => {
			const all = new Uint8Array(600);
			const seen = new Uint8Array(all.length);
			for (let draw = 0; draw < 64; draw++) {
				entropy.fill(all.subarray(100, 500));
				for (let index = 0; index < all.length; index++) seen[index]! |= all[index]!;
			}
			expect(
				seen.subarray(100, 500).every((byte) => byte === 0xff),
				"a bit was never set in 64 draws",
			);
			expect(
				seen.subarray(0, 100).every((byte) => byte === 0) && seen.subarray(500).every((byte) => byte === 0),
				"bytes beside the view changed",
			);
			entropy.fill(new Uint8Array(0));
		}),
		check("entropy does not repeat", ({ entropy }) => {
			const drawn = new Set<string>();
			for (let draw = 0; draw < 1000; draw++) {
				const bytes = new Uint8Array(8);
				entropy.fill(bytes);
				drawn.add(bytes.join());
			}
			expect(drawn.size === 1000, `${1000 - drawn.size} of 1000 draws of 8 bytes came twice`);
		}),
		check("dice stay below the bound and reach every side", ({ dice }) => {
			for (const bound of [1, 2, 6, 255]) {
				const sides = new Uint8Array(bound);
				for (let draw = 0; draw < bound * 40; draw++) {
					const side = dice.below(bound);
					expect(Number.isInteger(side) && side >= 0 && side < bound, `below(${bound}) gave ${side}`);
					sides[side] = 1;
				}
				expect(
					sides.every((side) => side === 1),
					`below(${bound}) never gave some side`,
				);
			}
			const wide = dice.below(2 ** 31);
			expect(wide >= 0 && wide < 2 ** 31, `below(2^31) gave ${wide}`);
		}),
		check("dice are no keys: entropy and dice do not run together", ({ dice, entropy }) => {
			const drawn = new Uint8Array(16);
			const thrown = new Uint8Array(16).map(() => dice.below(256));
			entropy.fill(drawn);
			expect(!sameBytes(drawn, thrown), "the same bytes");
		}),
	];
}

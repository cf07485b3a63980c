import fc from "fast-check";

const given = process.env.DORMOUSE_SEED;

/**
 * What every drawn test begins with, 1 to 2^31 - 1. The same on every machine and day, so that a change is judged by
 * what it changed; `DORMOUSE_SEED=N` takes another one, `DORMOUSE_SEED=any` one by the clock.
 */
export const seed = given === undefined ? 20_261_121 : given === "any" ? 1 + (Date.now() % 0x7ffffffe) : Number(given);

if (!Number.isInteger(seed) || seed < 1 || seed > 0x7fffffff)
	throw new RangeError(`DORMOUSE_SEED is ${given}; it takes "any" or an integer from 1 to ${0x7fffffff}.`);
fc.configureGlobal({ seed });

export { fc };

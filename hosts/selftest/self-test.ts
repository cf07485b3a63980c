import { type Host, HostFailure } from "../../modules/host.ts";
import { chanceChecks } from "./chance-checks.ts";
import { type Check, type Done, Skipped } from "./check.ts";
import { clockChecks } from "./clock-checks.ts";
import { cryptoChecks } from "./crypto-checks.ts";
import { decode, encode, type Keeper, type Memory, newMemory, openKeeper, sampleBytes } from "./memory.ts";
import { modChecks } from "./mod-checks.ts";
import { type NetworkOptions, networkChecks, openAnywhere } from "./network-checks.ts";
import { crashStage, deepSleepStage, restartStage, retainedStage, watchdogStage } from "./reset-stages.ts";
import { damageStage, revertStage, secondTrialStage, trialStage } from "./slot-stages.ts";
import type { Bench, Stage, StageOptions } from "./stage.ts";
import { storageChecks } from "./storage-checks.ts";
import { streamChecks } from "./stream-checks.ts";

/** What the host's entry knows of its board; README.md says how each is asked for on the command line. */
export interface SelfTestOptions extends NetworkOptions, StageOptions {
	/** Of the host itself, behind the ports' own. */
	readonly checks?: readonly Check[];
	/** Whether P-256 is tried where only the portable one is to be had: seconds on a slow chip. Yes when left out. */
	readonly withPortableP256?: boolean;
}

/** No check waits for anything longer than a name server. */
const patienceMs = 20_000;

/** In this order: each leaves the board as the next one needs it. */
const stages = (): readonly Stage[] => [
	restartStage,
	retainedStage,
	deepSleepStage,
	crashStage,
	watchdogStage,
	trialStage,
	secondTrialStage,
	revertStage,
	damageStage,
];

/**
 * Qualifies a board over modules/host.ts alone: runs every check, then goes through its resets, sleeps and slots, over
 * as many boots as that takes. One line each: {"event":"selfTest","check":…,"result":"passed"|"failed"|"skipped"}, then
 * {"event":"selfTestEnded","passed":…,"failed":…,"skipped":…}, and the board is off. Erases the settings.
 * To be called once in each boot.
 */
export function selfTest(host: Host, options: SelfTestOptions = {}): void {
	new SelfTest(host, options).boot();
}

class SelfTest {
	readonly #host: Host;
	readonly #options: SelfTestOptions;
	readonly #keeper: Keeper | undefined;
	readonly #stages = stages();
	readonly #first = new Uint8Array(sampleBytes);
	#memory: Memory = newMemory();

	constructor(host: Host, options: SelfTestOptions) {
		this.#host = host;
		this.#options = options;
		this.#keeper = openKeeper(host);
		host.entropy.fill(this.#first); // before anything else draws: a boot that repeats another shows it here
	}

	boot(): void {
		const { power } = this.#host;
		const kept = decode(this.#keeper?.read());
		this.say("selfTestBoot", { cause: power.resetCause });
		if (kept === undefined) {
			this.remember(-1);
			this.runChecks();
			return;
		}
		this.#memory = kept;
		const stage = this.#stages[kept.stage];
		if (stage === undefined) {
			// What was found so far is gone with the RAM: that the board resets by itself is the finding.
			this.tell("the checks", `a reset in the middle (${power.resetCause}): the last line before it says where`);
		} else this.finish(stage);
		this.advance(kept.stage + 1);
	}

	private runChecks(): void {
		const { withPortableP256 = true, checks = [] } = this.#options;
		const all = [
			...clockChecks(),
			...chanceChecks(),
			...cryptoChecks(withPortableP256),
			...storageChecks(),
			...modChecks(),
			...networkChecks(this.#options),
			...streamChecks(this.#options),
			...checks,
		];
		let index = 0;
		const next = (): void => {
			const check = all[index++];
			if (check === undefined) this.advance(0);
			else this.runCheck(check, () => this.#host.clock.setAlarm(this.#host.clock.nowMs() + 1, next));
		};
		next();
	}

	private runCheck(check: Check, then: () => void): void {
		const { clock } = this.#host;
		let hasEnded = false;
		const done: Done = (outcome) => {
			if (hasEnded) {
				this.tell(check.name, `ended again: ${outcome ?? "passed"}`);
				return;
			}
			hasEnded = true;
			this.tell(check.name, outcome);
			then();
		};
		if (check.takesAlarm !== true) clock.setAlarm(clock.nowMs() + patienceMs, () => done(`no end in ${patienceMs} ms`));
		try {
			check.run(this.#host, done);
		} catch (error) {
			done(error instanceof Skipped ? error : explained(error));
		}
	}

	/** Goes on with the stage of that number, and those behind it, until one has its reset on the way. */
	private advance(from: number): void {
		for (let index = from; index < this.#stages.length; index++) {
			if (this.begin(index)) return;
		}
		this.end();
	}

	/** @returns whether a reset comes */
	private begin(index: number): boolean {
		const stage = this.#stages[index]!;
		const { expects, name } = stage;
		if (expects !== undefined && this.#keeper === undefined) {
			this.tell(name, new Skipped("nothing of the host survives a reset"));
			return false;
		}
		try {
			if (expects !== undefined) this.remember(index);
			stage.begin(this.bench());
		} catch (error) {
			this.tell(name, error instanceof Skipped ? error : explained(error));
			return false;
		}
		if (expects === undefined) this.tell(name);
		return expects !== undefined;
	}

	/** The boot behind a stage's reset. */
	private finish({ name, expects, end }: Stage): void {
		const { resetCause } = this.#host.power;
		let wrong = resetCause === expects ? undefined : `the host says "${resetCause}", it was "${expects}"`;
		try {
			end?.(this.bench());
		} catch (error) {
			wrong = wrong === undefined ? explained(error) : `${wrong}; ${explained(error)}`;
		}
		this.tell(name, wrong);
	}

	private bench(): Bench {
		return { host: this.#host, memory: this.#memory, options: this.#options, first: this.#first };
	}

	private end(): void {
		const { passed, failed, skipped } = this.#memory;
		this.#keeper?.forget();
		this.say("selfTestEnded", { passed, failed, skipped });
		this.#host.power.off();
	}

	private tell(check: string, outcome?: string | Skipped): void {
		const result = outcome === undefined ? "passed" : typeof outcome === "string" ? "failed" : "skipped";
		this.#memory[result]++;
		const why = typeof outcome === "string" ? outcome : outcome?.message;
		this.say("selfTest", why === undefined ? { check, result } : { check, result, why });
	}

	/** Keeps what a boot must know of this one. @throws HostFailure */
	private remember(stage: number): void {
		const { clock } = this.#host;
		const memory = this.#memory;
		memory.stage = stage;
		memory.nowMs = clock.nowMs();
		memory.wallTimeS = clock.wallTimeS() ?? Number.NaN;
		memory.sample.set(this.#first);
		// Left open on purpose: a reset must free it.
		if (stage === 0) memory.port = openAnywhere(this.#host, () => {}).port;
		this.#keeper?.write(encode(memory));
	}

	private say(event: string, fields: { readonly [field: string]: string | number }): void {
		this.#host.log.write({ event, ...fields });
	}
}

function explained(error: unknown): string {
	const cause = error instanceof HostFailure && error.cause !== undefined ? ` (${String(error.cause)})` : "";
	return `${String(error)}${cause}`;
}

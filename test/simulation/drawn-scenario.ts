import { fc } from "../seed.ts";
import type { LiveWrite, Outcome, Scenario, ScriptedBootstrap, ScriptedServer } from "./recovery-scenario.ts";
import { asSessions, type WireSession } from "./wired-bootstrap.ts";

const or = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Milliseconds that seldom meet others: what is to come first then is nobody's to say. */
const ms = (mostMs: number) => fc.integer({ min: 1, max: mostMs }).map((at) => at | 1);
const codes = [0x80, 0x81, 0x83, 0x83, 0x84, 0x89, 0xa0, 0xa3];

const accepted = fc.record({
	kind: fc.constant("accepted" as const),
	afterMs: ms(4000),
	disableAfterMs: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: ms(3_000_000) }),
});
const refused = fc.record({
	kind: fc.constant("refused" as const),
	afterMs: ms(4000),
	code: fc.constantFrom(...codes),
});
const silent = fc.constant({ kind: "silent" as const });
const nameless = fc.record({ kind: fc.constant("nameless" as const), afterMs: ms(8000) });
const attempt: fc.Arbitrary<Outcome> = fc.oneof(
	{ weight: 3, arbitrary: refused },
	{ weight: 3, arbitrary: silent },
	{ weight: 2, arbitrary: nameless },
	{ weight: 1, arbitrary: accepted },
);
const update = fc.oneof(
	{ weight: 3, arbitrary: accepted },
	{ weight: 1, arbitrary: refused },
	{ weight: 1, arbitrary: silent },
);

/** Prime seconds, so that a few of them added up seldom meet. */
const seconds = fc.constantFrom(0, 1, 2, 3, 7, 17, 31, 61, 127, 307, 1009);
const server: fc.Arbitrary<ScriptedServer> = fc.record({
	priorityOrder: or(fc.integer({ min: 0, max: 3 })),
	initialDelayS: or(seconds),
	failureBlock: or(fc.boolean()),
	bootstrapOnFailure: or(fc.boolean()),
	retryCount: or(fc.integer({ min: 0, max: 6 })),
	retryTimerS: or(seconds),
	sequenceDelayTimerS: or(
		fc.oneof({ weight: 7, arbitrary: seconds }, { weight: 1, arbitrary: fc.constant(0xffff_ffff) }),
	),
	sequenceRetryCount: or(fc.integer({ min: 0, max: 4 })),
	lifetimeS: fc.constantFrom(150, 3600, 3600, 86_400, 86_400, 0),
	disableTimeoutS: or(seconds),
	attempts: fc.array(attempt, { maxLength: 24, size: "max" }),
	updates: fc.array(update, { maxLength: 4 }),
	saysGoodbye: fc.boolean(),
	onBootstrap: fc.constantFrom("unchanged", "unchanged", "moved", "removed"),
});

const session = fc.record({
	opensAfterMs: fc.option(ms(5000), { nil: undefined, freq: 2 }),
	isApplied: fc.boolean(),
	afterMs: ms(90_000),
	retryMs: ms(600_000),
});
const bootstrap: fc.Arbitrary<ScriptedBootstrap> = fc.record({
	holdOffMs: fc.oneof(fc.constant(0), ms(60_000)),
	sessions: fc.array(session, { maxLength: 6 }),
});

/** At a time that no process of the oracle reckons with: odd after the decimal point of a second. */
const write = (servers: number): fc.Arbitrary<LiveWrite> =>
	fc
		.tuple(
			ms(10_000_000),
			fc.nat({ max: servers - 1 }),
			fc.oneof(
				fc.tuple(fc.constantFrom("failureBlock" as const, "bootstrapOnFailure" as const), fc.boolean()),
				fc.tuple(fc.constantFrom("retryCount" as const, "sequenceRetryCount" as const), fc.integer({ min: 0, max: 6 })),
				fc.tuple(
					fc.constantFrom(
						"initialDelayS" as const,
						"retryTimerS" as const,
						"sequenceDelayTimerS" as const,
						"disableTimeoutS" as const,
					),
					seconds,
				),
			),
		)
		.map(([atMs, server, [resource, value]]) => ({ atMs, server, resource, value }));

export interface Parts {
	readonly hasBootstrap: boolean;
	readonly hasWrites: boolean;
	readonly serversMost: number;
}

/** Scenarios with as much in them as `parts` says. */
export function drawnScenario({ hasBootstrap, hasWrites, serversMost }: Parts): fc.Arbitrary<Scenario> {
	return fc
		.tuple(
			fc.array(server, { minLength: 1, maxLength: serversMost }),
			hasBootstrap ? or(bootstrap) : fc.constant(undefined),
			fc.boolean(),
		)
		.chain(([servers, account, isProvisioned]) =>
			fc.record({
				servers: fc.constant(servers),
				bootstrap: fc.constant(account),
				isProvisioned: fc.constant(account === undefined || isProvisioned),
				writes: hasWrites ? fc.array(write(servers.length), { maxLength: 4 }) : fc.constant([]),
				horizonMs: fc.constantFrom(1_000_000, 4_000_000, 10_000_000, 30_000_000),
			}),
		);
}

const wireSession: fc.Arbitrary<WireSession> = fc.oneof(
	fc.record({ kind: fc.constant("refused" as const), afterMs: ms(3000) }),
	fc.constant({ kind: "silent" as const }),
	fc.record({ kind: fc.constant("forgotten" as const), afterMs: ms(3000) }),
	fc.record({ kind: fc.constant("finished" as const), afterMs: ms(3000), writesAfterMs: ms(90_000) }),
);

/** Scenarios with a Bootstrap-Server on the wire. Nobody is disabled, and one server stays at least. */
export const wiredScenario: fc.Arbitrary<{ readonly scenario: Scenario; readonly wire: readonly WireSession[] }> = fc
	.tuple(
		drawnScenario({ hasBootstrap: false, hasWrites: false, serversMost: 3 }),
		fc.array(wireSession, { maxLength: 6 }),
		fc.constantFrom(0, 17_000, 307_000),
		fc.boolean(),
	)
	.map(([drawn, wire, holdOffMs, isProvisioned]) => {
		const enabled = (outcome: Outcome): Outcome =>
			outcome.kind === "accepted" ? { kind: outcome.kind, afterMs: outcome.afterMs } : outcome;
		const servers = drawn.servers.map((one, index) => ({
			...one,
			attempts: one.attempts.map(enabled),
			onBootstrap: index === 0 && one.onBootstrap === "removed" ? ("unchanged" as const) : one.onBootstrap,
		}));
		const bootstrap = { holdOffMs, sessions: asSessions(wire) };
		return { scenario: { ...drawn, servers, bootstrap, isProvisioned }, wire };
	});

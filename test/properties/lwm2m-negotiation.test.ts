import { equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { Code } from "../../modules/coap/code.ts";
import type { Request, ResponseOptions } from "../../modules/coap/peer.ts";
import { Sha256 } from "../../modules/crypto/sha256.ts";
import type { EnablerVersion } from "../../modules/lwm2m/facts.ts";
import { ProfileIds } from "../../modules/lwm2m/profile-id.ts";
import { SERVER } from "../../modules/objects/facts/server-1-v1-2.ts";
import { furnished } from "../modules/lwm2m/furniture.ts";
import { welcoming } from "../modules/lwm2m/world.ts";
import { fc } from "../seed.ts";

const versions: readonly EnablerVersion[] = ["1.0", "1.1", "1.2"];
/** Codes for a version that a server does not have, and for a profile ID that it can not use. */
const versionCodes = [Code.preconditionFailed, Code.badRequest, Code.badOption, Code.notImplemented];
const profileCodes = [Code.conflict, Code.badRequest, Code.badOption, Code.notFound, Code.notImplemented];

const parameterOf = ({ query }: Request, name: string) =>
	query.find((each) => each.startsWith(`${name}=`))?.slice(name.length + 1);

// A server has some versions and says so by one of the codes; it knows no profile ID, may learn those that come with a
// list, and may mind them altogether. Invariants: registered within the first attempt where there is a common version,
// with the highest one; never without a list unless the server took the profile ID; no more than five Registers in an
// attempt, whatever the server says.
test("[VER-COMP-001..004] [Identifiers-001..004] drawn servers: the highest common version, at once", () => {
	fc.assert(
		fc.property(
			fc.record({
				has: fc.subarray([...versions]),
				most: fc.constantFrom(...versions),
				allowed: fc.subarray([...versions]),
				versionCode: fc.constantFrom(...versionCodes),
				profileCode: fc.constantFrom(...profileCodes),
				minds: fc.boolean(),
				learns: fc.boolean(),
				isProfiled: fc.boolean(),
			}),
			({ has, most, allowed, versionCode, profileCode, minds, learns, isProfiled }) => {
				const known: string[] = [];
				const answering = (request: Request, world: Parameters<typeof welcoming>[1]): ResponseOptions | undefined => {
					if (request.path.length !== 1) return welcoming(request, world);
					if (!(has as string[]).includes(parameterOf(request, "lwm2m")!)) return { code: versionCode };
					const pid = parameterOf(request, "pid");
					const hasList = request.payload.length > 0;
					if (pid === undefined) return hasList ? welcoming(request, world) : { code: Code.badRequest };
					if (minds || (!hasList && !known.includes(pid))) return { code: profileCode };
					if (hasList && learns) known.push(pid);
					return welcoming(request, world);
				};
				const { world } = furnished({
					isQuiet: true,
					enabler: most,
					enablers: allowed,
					serverFacts: SERVER,
					answering,
					...(isProfiled ? { profileIds: new ProfileIds({ sha256: () => new Sha256() }) } : {}),
				});
				world.start();
				const common = versions.filter(
					(each) => has.includes(each) && (each === most || (each < most && allowed.includes(each))),
				);
				const session = world.client.sessions[0]!;
				ok(world.requests.length <= 5);
				if (common.length === 0) equal(session.state, "waiting");
				else {
					equal(session.state, "registered");
					equal(session.reporting.asker.enabler, common.at(-1));
				}
				// Later Registers of the same session begin with what was agreed: at most the fingerprint is tried again.
				const before = world.requests.length;
				world.isCut = true;
				world.run(400_000);
				world.isCut = false;
				world.run(3_600_000);
				if (common.length > 0) {
					equal(session.state, "registered");
					const again = world.requests.slice(before).filter(({ path }) => path.length === 1);
					ok(again.length <= 3 && again.every((each) => parameterOf(each, "lwm2m") === common.at(-1)));
				}
			},
		),
		{ numRuns: 300 },
	);
});

import {
	CONDITIONS,
	eTagOption,
	evaluate,
	freshUntilMs,
	ifMatchOption,
	ifNoneMatchOption,
	revalidation,
} from "../../../modules/coap/preconditions.ts";
import { equal, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

const aa = new Uint8Array([0xaa]);
const bb = new Uint8Array([0xbb]);

/** What evaluate() makes of a request with these options, in state nothing, a resource without ETag, one with aa. */
function verdicts(code: string, options: string): string {
	return [{ exists: false }, { exists: true }, { exists: true, eTag: aa }]
		.map((state) => {
			const stage = new Scene({ understood: CONDITIONS });
			stage.hears(`CON ${code} #1 aa /r ${options}`.trim());
			return evaluate(stage.requests[0]!, state);
		})
		.join(" ");
}

test("If-Match, If-None-Match and ETag against what is there (RFC 7252 §5.10.8, §5.10.6.2)", () => {
	equal(verdicts("0.03", ""), "proceed proceed proceed");
	equal(verdicts("0.03", "1=hex:aa"), "failed failed proceed");
	equal(verdicts("0.03", "1=hex:bb"), "failed failed failed");
	equal(verdicts("0.03", "1=hex:bb 1=hex:aa"), "failed failed proceed");
	equal(verdicts("0.03", "1=hex:"), "failed proceed proceed");
	equal(verdicts("0.03", "5=hex:"), "proceed failed failed");
	equal(verdicts("0.03", "1=hex:aa 5=hex:"), "failed failed failed");
	equal(verdicts("0.01", "4=hex:aa"), "proceed proceed valid");
	equal(verdicts("0.05", "4=hex:bb 4=hex:aa"), "proceed proceed valid");
	equal(verdicts("0.01", "4=hex:bb"), "proceed proceed proceed");
	equal(verdicts("0.03", "4=hex:aa"), "proceed proceed proceed");
});

test("a conditional GET from end to end: ETag kept, asked again, still valid, fresh for its Max-Age", () => {
	const stage = new Scene();
	stage.peer.request({ code: 1, path: ["r"] }, 0);
	stage.skip().at(1000).hears("ACK 2.05 #0 0001 4=hex:bb age=90", "x");
	const [first] = stage.responses;
	equal(freshUntilMs(first!, 1000), 91_000);
	stage.peer.request({ code: 1, path: ["r"], options: revalidation(first!) }, 1000);
	stage.sends("CON 0.01 #1 0002 etag /r".replace("etag /r", "/r etag"));
	stage.hears("ACK 2.03 #1 0002 4=hex:bb").tells("responded 1 2.05 [1]", "responded 2 2.03");
	equal(freshUntilMs(stage.responses[1]!, 1000), 61_000);
	equal(revalidation(stage.responses[1]!)[0]!.value[0], 0xbb);
});

test("the conditions of our requests stand in the message in order of number", () => {
	const stage = new Scene();
	const options = [eTagOption(bb), ifNoneMatchOption(), ifMatchOption(aa)];
	stage.peer.request({ code: 3, path: ["r"], options, contentFormat: 0 }, 0);
	stage.sends("CON 0.03 #0 0001 /r 1=170 etag 5=0 cf=0");
});

test("an answer with an ETag of the application's: every block has it", () => {
	const stage = new Scene({ limits: { blockSizeBytes: 16 } });
	const payload = new Uint8Array(20);
	stage.answer = (request, nowMs) =>
		stage.peer.respond(request, { code: 0x45, payload, options: [eTagOption(aa)] }, nowMs);
	stage.hears("CON 0.01 #1 aa /r").sends(`ACK 2.05 #1 aa etag b2=0/m/16 size2=20 "${"\0".repeat(16)}"`);
	stage.hears("CON 0.01 #2 ab /r b2=1/-/16").sends(`ACK 2.05 #2 ab etag b2=1/-/16 "${"\0".repeat(4)}"`);
});

import { Abilities } from "../../../modules/coap/ability.ts";
import { RequestTag } from "../../../modules/coap/request-tag.ts";
import { deepEqual, test } from "../../harness.ts";
import { Scene } from "./scene.ts";

const zeros = (count: number) => `"${"\0".repeat(count)}"`;
const stageOf = (tag = new RequestTag()) =>
	new Scene({ abilities: new Abilities([tag]), limits: { blockSizeBytes: 16 }, tuning: { nstart: 4 } });
const put = (stage: Scene, path: string, size = 20) =>
	stage.peer.request({ code: 3, path: [path], payload: new Uint8Array(size) }, stage.nowMs);

test("two bodies to one resource at once get different tags, and keep them (RFC 9175 §3.4)", () => {
	const stage = stageOf();
	put(stage, "a");
	put(stage, "a");
	put(stage, "b");
	put(stage, "a", 5);
	stage.sends(`CON 0.03 #0 0001 /a b1=0/m/16 size1=20 ${zeros(16)}`);
	stage.sends(`CON 0.03 #1 0002 /a b1=0/m/16 size1=20 292=1 ${zeros(16)}`);
	stage.sends(`CON 0.03 #2 0003 /b b1=0/m/16 size1=20 ${zeros(16)}`);
	stage.sends(`CON 0.03 #3 0004 /a ${zeros(5)}`);
	stage.hears("ACK 2.31 #1 0002 b1=0/m/16").sends(`CON 0.03 #4 0005 /a b1=1/-/16 292=1 ${zeros(4)}`);
	stage.hears("ACK 2.31 #0 0001 b1=0/m/16").sends(`CON 0.03 #5 0006 /a b1=1/-/16 ${zeros(4)}`);
	stage.hears("ACK 2.04 #5 0006 b1=1/-/16").tells("responded 1 2.04");
	put(stage, "a");
	stage.sends(`CON 0.03 #6 0007 /a b1=0/m/16 size1=20 ${zeros(16)}`);
});

test("always: no two bodies in a row have the same tag", () => {
	const stage = stageOf(new RequestTag({ when: "always" }));
	put(stage, "a");
	stage.sends(`CON 0.03 #0 0001 /a b1=0/m/16 size1=20 292=1 ${zeros(16)}`);
	stage.peer.cancel(1);
	put(stage, "a");
	stage.sends(`CON 0.03 #1 0002 /a b1=0/m/16 size1=20 292=2 ${zeros(16)}`);
});

test("the server keeps bodies apart by tag, and an absent one from an empty one (RFC 9175 §3.3)", () => {
	const stage = new Scene({ limits: { bodies: 4 } });
	stage.answer = (request, nowMs) => stage.peer.respond(request, { code: 0x44 }, nowMs);
	const tags = ["", " 292=hex:", " 292=hex:01", " 292=hex:0102030405060708"];
	const block = (fill: number, size: number) => new Uint8Array(size).fill(fill);
	for (const [index, tag] of tags.entries()) {
		stage.hears(`CON 0.03 #${index} a${index} /a b1=0/m/16${tag}`, block(index, 16));
		stage.sends(`ACK 2.31 #${index} a${index} b1=0/m/16`);
	}
	for (const [index, tag] of tags.entries()) {
		stage.hears(`CON 0.03 #${10 + index} b${index} /a b1=1/-/16${tag}`, block(index, 3));
		stage.sends(`ACK 2.04 #${10 + index} b${index} b1=1/-/16`);
	}
	deepEqual(
		stage.requests.map(({ payload }) => payload),
		tags.map((_, index) => block(index, 19)),
	);
	stage.hears("CON 0.03 #20 c0 /a b1=1/-/16 292=hex:09", block(1, 3)).sends("ACK 4.08 #20 c0 b1=1/-/16");
});
